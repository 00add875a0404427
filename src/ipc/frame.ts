// Bytes ↔ values: a little-endian u32 length, then that many bytes of msgpack. Knows nothing of what the values mean.
import { Packr } from 'msgpackr';
import { ProtocolError } from './protocol-error.ts';

/** Longest body either side accepts: five images of 4096 × 4096 pixels and the text around them. */
export const maxFrameBytes = 256 * 1024 * 1024;

const headerBytes = 4;
const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

/** One frame, ready to be written. @throws ProtocolError when it would be longer than {@link maxFrameBytes}. */
export const encodeFrame = (value: unknown): Buffer => frameOf(encodeBody(value));

/** @throws ProtocolError when it would be longer than {@link maxFrameBytes}. */
export function encodeBody(value: unknown): Buffer {
  const body = packr.pack(value);
  if (body.length > maxFrameBytes) throw new ProtocolError(`a frame of ${body.length} bytes is too long to send`);
  return body;
}

/** @throws ProtocolError for what is not msgpack. */
export function decodeBody(body: Uint8Array): unknown {
  try {
    return packr.unpack(body);
  } catch (cause) {
    throw new ProtocolError(`a frame of ${body.length} bytes is not msgpack`, { cause });
  }
}

export function frameOf(body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + body.length);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, headerBytes);
  return frame;
}

/** Cuts a byte stream into frames, however its chunks fall. Feed it chunks; it hands back complete values. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #buffered = 0;

  /**
   * Yields every value that is complete with `chunk`; what came before a broken frame is yielded before the throw.
   * @throws ProtocolError for a length beyond {@link maxFrameBytes} or a body that is not msgpack.
   */
  *push(chunk: Buffer): Generator<unknown, void, undefined> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= headerBytes) {
      const bodyBytes = this.#peekLength();
      if (bodyBytes > maxFrameBytes) throw new ProtocolError(`a frame announces ${bodyBytes} bytes`);
      if (this.#buffered < headerBytes + bodyBytes) return;
      yield this.#take(bodyBytes);
    }
  }

  /** True when the stream may end here: no frame is half read. */
  get atBoundary(): boolean {
    return this.#buffered === 0;
  }

  #peekLength(): number {
    const first = this.#chunks[0]!;
    return first.length >= headerBytes ? first.readUInt32LE(0) : this.#joined().readUInt32LE(0);
  }

  #take(bodyBytes: number): unknown {
    const all = this.#joined();
    const end = headerBytes + bodyBytes;
    const body = all.subarray(headerBytes, end);
    this.#buffered -= end;
    this.#chunks = this.#buffered === 0 ? [] : [all.subarray(end)];
    return decodeBody(body);
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
