import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/fixtures/images/decode-here.ts';
import * as make from '../../../test/fixtures/images/make-images.ts';
import { sniffFormat } from '../sniff.ts';
import { decode, prepareSharp } from './decode.ts';

beforeAll(prepareSharp);

describe('a hostile file', () => {
  const outcome = async (file: Buffer): Promise<string> => (await run(file)).answer.type;

  it('whose header tells of more than 4096 pixels is refused before any is decoded', async () => {
    const told = (width: number, height: number): Buffer => make.png({ width, height }, { width: 1, height: 1 });
    for (const [width, height] of [
      [4097, 1],
      [1, 4097],
      [50_000, 50_000],
      [2 ** 31 - 1, 2 ** 31 - 1],
    ] as const) {
      expect(await outcome(told(width, height)), `${width} × ${height}`).toMatch(/too-many-pixels|broken/);
    }
    expect(await outcome(told(4097, 4096))).toBe('too-many-pixels');
    expect(await outcome(make.gif([65_535, 65_535]))).toBe('too-many-pixels');
    expect(await outcome(make.gif([1, 1], [65_535, 65_535]))).not.toBe('decoded');
    for (const format of ['jpeg', 'webp', 'png'] as const) {
      const file = await make.plain(4097, 2, [1, 2, 3]).toFormat(format).toBuffer();
      expect(await outcome(file), format).toBe('too-many-pixels');
    }
    const jpeg = await make.quarters().jpeg().toBuffer();
    jpeg.writeUInt16BE(65_500, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5);
    expect(await outcome(jpeg)).toBe('too-many-pixels');
  });

  it('whose header tells of more than there is is refused', async () => {
    expect(await outcome(make.png({ width: 4000, height: 4000 }, { width: 100, height: 100 }))).toBe('broken');
    expect(await outcome(make.gif([4000, 4000]))).not.toBe('too-many-pixels');
  });

  it.each(['png', 'jpeg', 'webp', 'gif'] as const)('that is a truncated %s is refused', async (format) => {
    const noise = sharp({
      create: {
        width: 300,
        height: 200,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    const file = await noise.toFormat(format).toBuffer();
    for (const share of [0.1, 0.5, 0.9]) {
      expect(await outcome(file.subarray(0, Math.floor(file.length * share))), `${share}`).toBe('broken');
    }
  });

  it('of another kind is refused whatever its first bytes say', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const magic = {
      png: '\x89PNG\r\n\x1a\n',
      jpeg: '\xff\xd8\xff\xe0',
      gif: 'GIF89a',
      webp: 'RIFF\x00\x00\x00\x00WEBPVP8 ',
      bmp: 'BM',
    };
    for (const start of Object.values(magic))
      expect(await outcome(Buffer.concat([Buffer.from(start, 'latin1'), svg]))).toBe('broken');
    const tiff = await make.quarters().tiff().toBuffer();
    const avif = await make.quarters().avif().toBuffer();
    for (const file of [svg, tiff, avif]) {
      await expect(sharp(file).metadata()).rejects.toThrow('unsupported image format');
    }
    for (const file of [svg, tiff, avif, Buffer.from('%PDF-1.7'), Buffer.alloc(0), Buffer.alloc(1000)]) {
      expect(sniffFormat(file)).toBeUndefined();
      for (const format of ['png', 'jpeg', 'gif', 'webp'] as const) {
        expect((await decode({ format, maxDimension: 512 }, file)).answer.type).toBe('broken');
      }
    }
  });

  it('with a bomb in a side chunk costs neither time nor memory', async () => {
    const zeros = deflateSync(Buffer.alloc(64 * 1024 ** 2));
    const text = make.chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), zeros]));
    const profile = make.chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), zeros]));
    const before = process.memoryUsage.rss();
    for (const side of [text, profile, Buffer.concat(Array.from({ length: 20 }, () => text))]) {
      expect(await outcome(make.png({ width: 8, height: 8 }, { width: 8, height: 8 }, [side]))).toMatch(
        /decoded|broken/,
      );
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
  });
});
