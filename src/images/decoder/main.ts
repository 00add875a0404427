// The decode process: files in on standard input, pixels out on standard output, one after the other. It holds no policy
// and no secret, and ends with the server: its standard input is the death pipe.
import { setInterval } from 'node:timers';
import { type DecodeOrder, readFrames, writeFrame } from '../decode-frame.ts';
import { maxImageBytes } from '../limits.ts';
import { confine } from './confine.ts';

const mebibyte = 1024 ** 2;
const maxDataBytes = 1024 * mebibyte;
const maxResidentBytes = 768 * mebibyte;
const residentCheckMs = 20;

process.title = 'mlx-image-decoder';
confine(maxDataBytes); // Before anything that is worth confining is loaded.
const { decode, prepareSharp } = await import('./decode.ts');
prepareSharp();

setInterval(() => {
  // In the middle of a file, whose decoding nothing else can stop: the pool tells of it and starts another process.
  if (process.memoryUsage.rss() > maxResidentBytes) process.exit(1);
}, residentCheckMs).unref();

// The server is gone: what is being decoded is for nobody.
process.stdin.on('end', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
readFrames(process.stdin, {
  maxPayloadBytes: maxImageBytes,
  onFrame: (head, file) => {
    void decode(head as DecodeOrder, file).then(({ answer, pixels }) => writeFrame(process.stdout, answer, pixels));
  },
  onBroken: () => process.exit(1), // Where the next file begins can no longer be told.
});
writeFrame(process.stdout, { type: 'ready' });
