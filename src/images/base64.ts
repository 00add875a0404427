// Strict base64 → bytes, in slices with breath between them: 10 MB in one go would hold up every other client.
import { setImmediate as breathe } from 'node:timers/promises';
import { refused, tooManyBytes } from './image-problem.ts';
import { maxImageBytes } from './limits.ts';

/** Characters at a time: about a millisecond, and a multiple of four. */
const sliceCharacters = 1024 * 1024;
const alphabetOnly = /^[A-Za-z0-9+/]*$/;

/** @throws ImageProblem for another alphabet, missing padding, stray bits, line breaks, or too many bytes. */
export async function decodeBase64(text: string, signal: AbortSignal): Promise<Buffer> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length === 0 || text.length % 4 !== 0) throw malformed();
  const bytes = (text.length / 4) * 3 - padding;
  if (bytes > maxImageBytes) throw tooManyBytes();
  const digits = text.length - padding;
  const decoded = Buffer.allocUnsafe(bytes);
  for (let start = 0; start < digits; start += sliceCharacters) {
    if (start > 0) await breathe();
    signal.throwIfAborted();
    const slice = text.slice(start, Math.min(start + sliceCharacters, digits));
    if (!alphabetOnly.test(slice)) throw malformed();
    decoded.write(slice, (start / 4) * 3, 'base64');
  }
  // The bits that padding cuts off are zero in what an encoder writes.
  if (padding > 0 && decoded.subarray(bytes - (3 - padding)).toString('base64') !== text.slice(-4)) throw malformed();
  return decoded;
}

const malformed = () => refused('is a data URI whose base64 is malformed');
