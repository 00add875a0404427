// A stream to its end, or to one byte too many. What is cut off is destroyed, not drained.
import { tooManyBytes } from './image-problem.ts';

/** @throws ImageProblem once there are more than `maxBytes`. */
export async function readBounded(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bounded(stream, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Passes `stream` on. @throws ImageProblem once there are more than `maxBytes`. */
export async function* bounded(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooManyBytes();
    yield chunk;
  }
}
