// What crosses the pipes of a decode process: two little-endian u32 lengths, JSON, then the bytes of a file or of pixels
// as they are. Both ends read with this.
import type { Readable, Writable } from 'node:stream';
import type { ImageFormat } from './sniff.ts';

const lengthsBytes = 8;
const maxHeadBytes = 4096;

/** Server → decode process, with the file's bytes. */
export interface DecodeOrder {
  readonly format: ImageFormat;
  /** The longer side is reduced to this; null leaves it. */
  readonly maxDimension: number | null;
}

/** Decode process → server; `decoded` comes with the pixels. */
export type DecodeAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'decoded'; readonly width: number; readonly height: number }
  | { readonly type: 'too-many-pixels' }
  | { readonly type: 'broken'; readonly detail: string };

const nothing = new Uint8Array();

/** Writes one frame; the payload is not copied. */
export function writeFrame(stream: Writable, head: DecodeOrder | DecodeAnswer, payload: Uint8Array = nothing): void {
  const json = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(lengthsBytes);
  lengths.writeUInt32LE(json.length, 0);
  lengths.writeUInt32LE(payload.length, 4);
  stream.write(Buffer.concat([lengths, json]));
  if (payload.length > 0) stream.write(payload);
}

export interface FrameHandlers {
  readonly maxPayloadBytes: number;
  readonly onFrame: (head: unknown, payload: Buffer) => void;
  /** Called once: the other side does not keep to the form. */
  readonly onBroken: (error: Error) => void;
}

/** Fills each part into a buffer of its announced length, so that a long payload is copied once. */
export function readFrames(stream: Readable, { maxPayloadBytes, onFrame, onBroken }: FrameHandlers): void {
  let part = Buffer.alloc(lengthsBytes);
  let filled = 0;
  let head: unknown;
  let payloadBytes = 0;
  let stage: 'lengths' | 'head' | 'payload' = 'lengths';

  const expect = (next: typeof stage, bytes: number): void => {
    stage = next;
    part = Buffer.allocUnsafe(bytes);
    filled = 0;
  };
  const deliver = (payload: Buffer): void => {
    expect('lengths', lengthsBytes);
    onFrame(head, payload);
  };
  const complete = (): void => {
    if (stage === 'lengths') {
      payloadBytes = part.readUInt32LE(4);
      const headBytes = part.readUInt32LE(0);
      if (headBytes === 0 || headBytes > maxHeadBytes || payloadBytes > maxPayloadBytes)
        throw new Error('frame too long');
      expect('head', headBytes);
    } else if (stage === 'head') {
      head = JSON.parse(part.toString('utf8'));
      if (payloadBytes === 0) deliver(Buffer.alloc(0));
      else expect('payload', payloadBytes);
    } else deliver(part);
  };

  const onData = (chunk: Buffer): void => {
    try {
      for (let read = 0; read < chunk.length; ) {
        const copied = chunk.copy(part, filled, read);
        read += copied;
        filled += copied;
        if (filled === part.length) complete();
      }
    } catch (error) {
      stream.off('data', onData);
      stream.resume(); // Drained, so that the writer can end.
      onBroken(error as Error);
    }
  };
  stream.on('data', onData);
}
