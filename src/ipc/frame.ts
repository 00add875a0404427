// Bytes ↔ values: a little-endian u32 length, then that many bytes of msgpack. Knows nothing of what the values mean.
import { type Body, decodeBody, encodeBody, maxBodyBytes } from './body.ts';
import { ProtocolError } from './protocol-error.ts';

const headerBytes = 4;

/** One frame, ready to be written. @throws ProtocolError when its body would be longer than {@link maxBodyBytes}. */
export const encodeFrame = (value: unknown): Buffer => frameOf(encodeBody(value));

export function frameOf({ segments, length }: Body): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt32LE(length, 0);
  return Buffer.concat([header, ...segments]);
}

/** Cuts a byte stream into frames, however its chunks fall. Feed it chunks; it hands back complete values. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #buffered = 0;

  /**
   * Yields every value that is complete with `chunk`; what came before a broken frame is yielded before the throw.
   * @throws ProtocolError for a length beyond {@link maxBodyBytes} or a body that is not msgpack.
   */
  *push(chunk: Buffer): Generator<unknown, void, undefined> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= headerBytes) {
      const bodyBytes = this.#peekLength();
      if (bodyBytes > maxBodyBytes) throw new ProtocolError(`a frame announces ${bodyBytes} bytes`);
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
