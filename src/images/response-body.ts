// The body of a response as the bytes of an image: at most one content encoding, bounded before and after it is undone.
import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { bounded, readBounded } from './bounded-read.ts';
import { tooManyBytes } from './image-problem.ts';
import { maxImageBytes } from './limits.ts';

/** What cannot be compressed grows a little. */
const maxEncodedBytes = maxImageBytes + 64 * 1024;

const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** @throws ImageProblem for too many bytes; an Error for an encoding that is unknown, stacked or broken. */
export async function readBody(body: Readable, headers: IncomingHttpHeaders): Promise<Buffer> {
  const encoding = encodingOf(headers);
  const limit = encoding === undefined ? maxImageBytes : maxEncodedBytes;
  const announcedBytes = Number(headers['content-length'] ?? 0);
  if (announcedBytes > limit) throw tooManyBytes();
  if (encoding === undefined) return readBounded(body, limit, announcedBytes);
  const decoder = decoders[encoding]();
  pipeline(
    body,
    (encoded: AsyncIterable<Uint8Array>) => bounded(encoded, limit),
    decoder,
    () => {}, // Whoever reads the decoder hears of it.
  );
  return readBounded(decoder, maxImageBytes);
}

function encodingOf(headers: IncomingHttpHeaders): keyof typeof decoders | undefined {
  const named = String(headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'identity');
  const [encoding, ...stacked] = named;
  if (encoding === undefined) return undefined;
  if (stacked.length > 0) throw new Error('the body is encoded more than once');
  if (!Object.hasOwn(decoders, encoding)) throw new Error('the body is encoded in an unknown way');
  return encoding as keyof typeof decoders;
}
