// Value ↔ msgpack, in segments: large byte strings are never copied into the body, they stay where they are and stand
// between the pieces of it.
import { randomBytes } from 'node:crypto';
import { Packr } from 'msgpackr';
import { ProtocolError } from './protocol-error.ts';

/** Longest body either side accepts: five images of 4096 × 4096 pixels and the text around them. */
export const maxBodyBytes = 256 * 1024 * 1024;

/** The pieces of a body, to be read one after another. */
export interface Body {
  readonly segments: readonly Uint8Array[];
  readonly length: number;
}

/** Byte strings from this length on stay where they are. */
const largeBytes = 16 * 1024;
const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

/** @throws ProtocolError when it would be longer than {@link maxBodyBytes}. */
export function encodeBody(value: unknown): Body {
  const segments = holdsLarge(value) ? packAround(value) : [packr.pack(value)];
  const length = segments.reduce((sum, segment) => sum + segment.length, 0);
  if (length > maxBodyBytes) throw new ProtocolError(`a frame of ${length} bytes is too long to send`);
  return { segments, length };
}

/** @throws ProtocolError for what is not msgpack. */
export function decodeBody(body: Uint8Array): unknown {
  try {
    return packr.unpack(body);
  } catch (cause) {
    throw new ProtocolError(`a frame of ${body.length} bytes is not msgpack`, { cause });
  }
}

const isLarge = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length >= largeBytes;

/** Long lists of numbers are not looked through. */
function holdsLarge(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return isLarge(value);
  if (Array.isArray(value) && typeof value[0] !== 'object') return false;
  return Object.values(value).some(holdsLarge);
}

function packAround(value: unknown): Uint8Array[] {
  const lifted: Uint8Array[] = [];
  const marker = randomBytes(16); // Stands for each of them; no other bytes are equal to it.
  return splice(packr.pack(lift(value, marker, lifted)), marker, lifted);
}

/** `value` with its large byte strings taken out, in order, into `lifted`. */
function lift(value: unknown, marker: Buffer, lifted: Uint8Array[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    if (!isLarge(value)) return value;
    lifted.push(value);
    return marker;
  }
  if (Array.isArray(value)) return value.map((one) => lift(one, marker, lifted));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, lift(one, marker, lifted)]));
}

/** Puts each lifted byte string, with a header of its own, where its marker stands. */
function splice(packed: Buffer, marker: Buffer, lifted: readonly Uint8Array[]): Uint8Array[] {
  const segments: Uint8Array[] = [];
  let start = 0;
  for (const bytes of lifted) {
    const at = packed.indexOf(marker, start);
    const header = Buffer.alloc(5);
    header.writeUInt8(0xc6); // bin 32
    header.writeUInt32BE(bytes.length, 1);
    segments.push(packed.subarray(start, at - 2), header, bytes); // The marker has a header of two bytes: bin 8.
    start = at + marker.length;
  }
  return [...segments, packed.subarray(start)];
}
