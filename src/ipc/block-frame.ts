// The frames by which the two ends of a channel hand over shared blocks. They are the channel's own business: no message
// handler ever sees one. Described in protocol/worker-protocol.md.
import { z } from 'zod';
import { ProtocolError } from './protocol-error.ts';

/** macOS allows 31 characters, the slash included: 26 of 32 letters and digits are 130 random bits. */
export const blockName = z.string().regex(/^\/mlx-[a-z2-7]{26}$/);

const number = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'no bytes');

const blockFrame = z.discriminatedUnion('type', [
  /** From the server: the names that the worker may give to blocks. */
  z.strictObject({ type: z.literal('block-names'), names: z.array(blockName).max(64) }),
  /** Stands for the message whose body is in the block. `checksum` is its CRC-32. */
  z.strictObject({
    type: z.literal('block'),
    number,
    name: blockName,
    length: number.min(1),
    checksum: number,
  }),
  z.strictObject({ type: z.literal('block-taken'), number }),
  z.strictObject({ type: z.literal('block-refused'), number }),
  /** The body of a refused block; until it comes, everything that followed the block waits. */
  z.strictObject({ type: z.literal('block-inline'), number, body: bytes }),
]);

export type BlockFrame = z.infer<typeof blockFrame>;

const types: ReadonlySet<unknown> = new Set(blockFrame.options.map((option) => option.shape.type.value));

/** The block frame in `value`; undefined when it is a message. @throws ProtocolError for a malformed block frame */
export function readBlockFrame(value: unknown): BlockFrame | undefined {
  if (typeof value !== 'object' || value === null || !('type' in value) || !types.has(value.type)) return undefined;
  const result = blockFrame.safeParse(value);
  if (result.success) return result.data;
  throw new ProtocolError(`a malformed ${String(value.type)} frame`); // Says nothing more: names stay out of errors.
}
