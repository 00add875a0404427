// A stream to its end, or to one byte too many. What is cut off is destroyed, not drained.
import { tooManyBytes } from './image-problem.ts';

const firstBytes = 64 * 1024;

/**
 * All bytes of `stream`, held once where `expectedBytes` is right; it is a hint and no promise.
 * @throws ImageProblem once there are more than `maxBytes`.
 */
export async function readBounded(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  expectedBytes = 0,
): Promise<Buffer> {
  let bytes = Buffer.allocUnsafe(Math.min(maxBytes, expectedBytes || firstBytes));
  let filled = 0;
  for await (const chunk of bounded(stream, maxBytes)) {
    const needed = filled + chunk.length;
    if (needed > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(needed, bytes.length * 2)));
      bytes.copy(larger, 0, 0, filled);
      bytes = larger;
    }
    bytes.set(chunk, filled);
    filled = needed;
  }
  return bytes.subarray(0, filled);
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
