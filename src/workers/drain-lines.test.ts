import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { drainLines } from './drain-lines.ts';

async function drained(write: (stream: PassThrough) => void): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  drainLines(stream, (line) => lines.push(line));
  write(stream);
  stream.end();
  await finished(stream);
  return lines;
}

it('lines come out whole, however the chunks fall, the last one without its line break too', async () => {
  const text = 'one\ntwö\nthree';
  const bytes = Buffer.from(text);
  const lines = await drained((stream) => {
    for (const byte of bytes) stream.write(Buffer.from([byte]));
  });
  expect(lines).toEqual(['one', 'twö', 'three']);
});

it('a flood is read to its end, and told in a bounded number of bounded lines', async () => {
  const lines = await drained((stream) => {
    for (let n = 0; n < 20_000; n += 1) stream.write(`${'x'.repeat(3000)}\n`);
  });
  expect(lines.length).toBeLessThan(1000);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(2048);
  expect(lines.at(-1)).toMatch(/lines left out/);
});

it('a line without an end is cut, not kept', async () => {
  const lines = await drained((stream) => {
    for (let n = 0; n < 100; n += 1) stream.write('y'.repeat(100_000));
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toHaveLength(2048);
});
