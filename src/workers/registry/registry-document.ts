// What the registry file holds, and its strict reading: what is not exactly this is damaged. Touches no file.
import { z } from 'zod';

/** Names of shared memory blocks that a registry may have removed; never a path. */
export const blockNamePattern = /^\/?mlx-[0-9a-z]{16,64}$/;
export const workerTitlePattern = /^mlx-server-v\d{1,4}-[A-Za-z0-9_-]{1,64}$/;
export const markPattern = /^[0-9a-f]{32}$/;
export const maxRegistryBytes = 1024 ** 2;
export const maxBlocksPerWorker = 256;

const maxPid = 2 ** 31 - 1;
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
const startTime = z.string().min(1).max(128);

const workerSchema = z.strictObject({
  id: name,
  pid: z.int().min(2).max(maxPid),
  startTime,
  title: z.string().regex(workerTitlePattern),
  model: z.string().max(512),
  engine: z.string().max(64),
  blocks: z.array(z.string().regex(blockNamePattern)).max(maxBlocksPerWorker),
  mark: z.string().regex(markPattern).optional(),
});

const serverSchema = z.strictObject({
  pid: z.int().min(1).max(maxPid), // In a container a server may well be process 1.
  startTime,
  workers: z.array(workerSchema).max(256),
});

const serversSchema = z
  .record(name, serverSchema)
  .refine((servers) => Object.keys(servers).length <= 256, 'more than 256 servers');
const documentSchema = z.strictObject({ version: z.literal(1), servers: serversSchema });

export type WorkerEntry = z.infer<typeof workerSchema>;
export type ServerEntry = z.infer<typeof serverSchema>;
export type Servers = Readonly<Record<string, ServerEntry>>;

/** @throws Error in one line for anything but a well-formed registry. */
export function parseRegistry(bytes: Uint8Array): Servers {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const parsed = documentSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.').slice(0, 100) ?? ''}: ${issue?.message.slice(0, 200) ?? 'wrong form'}`);
  }
  // JSON.parse lets the last of two equal keys win, and the schema drops __proto__: either way fewer keys than written.
  if (countKeys(parsed.data) !== countWrittenKeys(text)) throw new Error('a key is written twice or not allowed');
  return parsed.data.servers;
}

/** @throws Error when the entries are not what {@link parseRegistry} would read. */
export function formatRegistry(servers: Servers): string {
  const text = `${JSON.stringify(documentSchema.parse({ version: 1, servers }))}\n`;
  if (Buffer.byteLength(text) > maxRegistryBytes) throw new Error('the registry would be larger than it may be');
  return text;
}

/** Strings of valid JSON that a colon follows. */
const countWrittenKeys = (text: string): number =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter((match) => match[1] !== undefined).length;

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((count: number, child: unknown) => count + countKeys(child), own);
}
