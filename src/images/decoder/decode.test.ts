import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import * as make from '../../../test/fixtures/images/make-images.ts';
import { sniffFormat } from '../sniff.ts';
import { decode, prepareSharp } from './decode.ts';

beforeAll(prepareSharp);

const run = (file: Buffer, maxDimension: number | null = null) =>
  decode({ format: sniffFormat(file) ?? 'png', maxDimension }, file);

async function decoded(file: Buffer, maxDimension: number | null = null) {
  const { answer, pixels } = await run(file, maxDimension);
  if (answer.type !== 'decoded') throw new Error(JSON.stringify(answer));
  const { width, height } = answer;
  expect(pixels).toHaveLength(width * height * 3);
  const at = (x: number, y: number): number[] => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  const [right, bottom] = [width - 1, height - 1];
  return { width, height, at, corners: [at(0, 0), at(right, 0), at(0, bottom), at(right, bottom)] };
}

const near = (expected: readonly make.Colour[], tolerance: number) =>
  expected.map((colour) => colour.map((value) => expect.closeTo(value, -Math.log10(2 * tolerance))));
const [topLeft, topRight, bottomLeft, bottomRight] = make.corners as [
  make.Colour,
  make.Colour,
  make.Colour,
  make.Colour,
];

describe('an image', () => {
  it.each([
    ['a PNG', () => make.quarters().png().toBuffer(), 1],
    ['an interlaced PNG', () => make.quarters().png({ progressive: true }).toBuffer(), 1],
    ['a palette PNG', () => make.quarters().png({ palette: true, colours: 16 }).toBuffer(), 6],
    ['a 16-bit PNG', () => make.quarters().toColourspace('rgb16').png().toBuffer(), 1],
    ['a PNG with alpha', () => make.quarters().ensureAlpha().png().toBuffer(), 1],
    ['a JPEG', () => make.quarters().jpeg({ quality: 95 }).toBuffer(), 6],
    ['a progressive JPEG', () => make.quarters().jpeg({ quality: 95, progressive: true }).toBuffer(), 6],
    ['a WebP', () => make.quarters().webp({ quality: 95 }).toBuffer(), 16],
    ['a lossless WebP', () => make.quarters().webp({ lossless: true }).toBuffer(), 1],
    ['a GIF', () => make.quarters().gif().toBuffer(), 6],
  ])('that is %s comes out in its colours', async (_, file, tolerance) => {
    const image = await decoded(await file());
    expect([image.width, image.height]).toEqual([64, 48]);
    expect(image.corners).toEqual(near(make.corners, tolerance));
  });

  it.each([
    ['PNG', () => make.plain(9, 5, [90, 90, 90]).toColourspace('b-w').png().toBuffer()],
    ['16-bit PNG', () => make.plain(9, 5, [90, 90, 90]).toColourspace('grey16').png().toBuffer()],
    ['JPEG', () => make.plain(9, 5, [90, 90, 90]).toColourspace('b-w').jpeg().toBuffer()],
    [
      '1-bit PNG',
      () =>
        make
          .plain(9, 5, [90, 90, 90])
          .threshold(80)
          .toColourspace('b-w')
          .png({ bitdepth: 1 } as object)
          .toBuffer(),
    ],
  ])('that is a grey %s comes out in three channels', async (name, file) => {
    const image = await decoded(await file());
    const value = name === '1-bit PNG' ? 255 : 90;
    expect(image.at(4, 2)).toEqual([value, value, value].map((level) => expect.closeTo(level, -0.7)));
  });

  it('that is a CMYK JPEG comes out in colours near its own', async () => {
    for (const colour of [
      [150, 120, 100],
      [255, 255, 255],
      [60, 90, 120],
    ] as const) {
      const file = await make.plain(16, 16, colour).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
      expect((await sharp(file).metadata()).space).toBe('cmyk');
      expect([(await decoded(file)).at(8, 8)]).toEqual(near([colour], 16));
    }
  });

  it('with alpha lies on white', async () => {
    for (const encode of ['png', 'webp'] as const) {
      const background = { r: 255, g: 0, b: 0, alpha: 0.5 };
      const see = await sharp({ create: { width: 4, height: 4, channels: 4, background } })
        [encode]({ lossless: true } as object)
        .toBuffer();
      expect((await decoded(see)).at(1, 1)).toEqual([255, 127, 127]);
    }
    const nothing = await sharp({ create: { width: 4, height: 4, channels: 4, background: '#00000000' } })
      .gif()
      .toBuffer();
    expect((await decoded(nothing)).at(1, 1)).toEqual([255, 255, 255]);
  });

  it.each([
    [1, [topLeft, topRight, bottomLeft, bottomRight]],
    [2, [topRight, topLeft, bottomRight, bottomLeft]],
    [3, [bottomRight, bottomLeft, topRight, topLeft]],
    [4, [bottomLeft, bottomRight, topLeft, topRight]],
    [5, [topLeft, bottomLeft, topRight, bottomRight]],
    [6, [bottomLeft, topLeft, bottomRight, topRight]],
    [7, [bottomRight, topRight, bottomLeft, topLeft]],
    [8, [topRight, bottomRight, topLeft, bottomLeft]],
  ])('with EXIF orientation %d stands upright', async (orientation, expected) => {
    for (const maxDimension of [null, 32]) {
      const file = await make.quarters().jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
      const image = await decoded(file, maxDimension);
      const size = maxDimension === null ? [64, 48] : [32, 24];
      expect([image.width, image.height]).toEqual(orientation > 4 ? size.toReversed() : size);
      expect(image.corners).toEqual(near(expected, 8));
    }
  });

  it('that moves gives its first frame', async () => {
    const frames = await Promise.all(
      [make.plain(8, 6, [250, 10, 10]), make.plain(8, 6, [10, 10, 250])].map((frame) => frame.png().toBuffer()),
    );
    const joined = sharp(frames, { join: { animated: true } });
    const moving = [
      await joined.clone().gif().toBuffer(),
      await joined.clone().webp({ lossless: true }).toBuffer(),
      make.animatedPng(frames[0]!, frames[1]!),
    ];
    for (const file of moving) {
      const image = await decoded(file);
      expect([image.width, image.height, image.at(4, 3)]).toEqual([
        8,
        6,
        [250, 10, 10].map((v) => expect.closeTo(v, -0.7)),
      ]);
    }
  });

  it('is reduced to the longer side asked for, and never enlarged', async () => {
    const wide = await make.plain(800, 200, [1, 2, 3]).png().toBuffer();
    const tall = await make.plain(200, 800, [1, 2, 3]).jpeg().toBuffer();
    const bmp = make.bitmap({ bits: 24, width: 800, height: 200, rows: Buffer.alloc(800 * 200 * 3) });
    const sizeOf = async (file: Buffer, longer: number | null) => {
      const { width, height } = await decoded(file, longer);
      return [width, height];
    };
    expect(await sizeOf(wide, 512)).toEqual([512, 128]);
    expect(await sizeOf(tall, 512)).toEqual([128, 512]);
    expect(await sizeOf(bmp, 512)).toEqual([512, 128]);
    expect(await sizeOf(wide, 1024)).toEqual([800, 200]);
    expect(await sizeOf(wide, null)).toEqual([800, 200]);
  });

  it.each(['png', 'jpeg', 'webp', 'gif'] as const)('of a single pixel works as %s', async (format) => {
    const image = await decoded(await make.plain(1, 1, [200, 200, 200]).toFormat(format).toBuffer(), 512);
    expect([image.width, image.height]).toEqual([1, 1]);
  });

  it('of extreme proportions keeps at least one pixel', async () => {
    for (const [width, height] of [
      [4096, 1],
      [1, 4096],
    ] as const) {
      const image = await decoded(await make.plain(width, height, [1, 2, 3]).png().toBuffer(), 512);
      expect([image.width, image.height]).toEqual([width, height].map((side) => (side === 1 ? 1 : 512)));
    }
  });

  it('of 4096 × 4096 is taken', async () => {
    const { width } = await decoded(make.png({ width: 4096, height: 4096 }), 512);
    expect(width).toBe(512);
  });

  it('with junk behind its end is taken', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
      const file = await make.quarters().toFormat(format).toBuffer();
      const image = await decoded(Buffer.concat([file, Buffer.from('PK\x03\x04<script>'.repeat(100))]));
      expect(image.width, format).toBe(64);
    }
  });
});

describe('a bitmap', () => {
  const [red, green]: make.Colour[] = [
    [255, 0, 0],
    [0, 255, 0],
  ];
  const palette = [red!, green!];
  const bytes = (...rows: number[][]): Buffer => Buffer.from(rows.flat());
  const words = (...values: number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer);
  const bgr = (pixel: number[]): number[] => [pixel, pixel, pixel, pixel].flat();
  // Rows from bottom to top: green below, red above, 4 × 2.
  it.each<[string, make.BitmapKind]>([
    ['24 bits', { bits: 24, rows: bytes(bgr([0, 255, 0]), bgr([0, 0, 255])) }],
    ['24 bits, from the top', { bits: 24, height: -2, rows: bytes(bgr([0, 0, 255]), bgr([0, 255, 0])) }],
    ['32 bits', { bits: 32, rows: bytes(bgr([0, 255, 0, 0]), bgr([0, 0, 255, 0])) }],
    [
      '32 bits with masks and alpha',
      {
        bits: 32,
        compression: 3,
        headerBytes: 124,
        masks: [0xff0000, 0xff00, 0xff, 0xff000000],
        rows: bytes(bgr([0, 255, 0, 255]), bgr([0, 0, 255, 255])),
      },
    ],
    ['8 bits with a palette', { bits: 8, palette, rows: bytes([1, 1, 1, 1], [0, 0, 0, 0]) }],
    ['4 bits', { bits: 4, palette, rows: bytes([0x11, 0x11, 0, 0], [0, 0, 0, 0]) }],
    ['1 bit', { bits: 1, palette, rows: bytes([0xf0, 0, 0, 0], [0, 0, 0, 0]) }],
    ['8 bits in runs', { bits: 8, compression: 1, palette, rows: bytes([4, 1, 0, 0, 4, 0, 0, 1]) }],
    ['4 bits in runs', { bits: 4, compression: 2, palette, rows: bytes([4, 0x11, 0, 0, 4, 0, 0, 1]) }],
    ['16 bits', { bits: 16, rows: words(0x3e0, 0x3e0, 0x3e0, 0x3e0, 0x7c00, 0x7c00, 0x7c00, 0x7c00) }],
    [
      '16 bits, 5-6-5',
      {
        bits: 16,
        compression: 3,
        masks: [0xf800, 0x7e0, 0x1f],
        rows: words(0x7e0, 0x7e0, 0x7e0, 0x7e0, 0xf800, 0xf800, 0xf800, 0xf800),
      },
    ],
  ])('of %s comes out in its colours', async (_, kind) => {
    const image = await decoded(make.bitmap(kind));
    expect([image.width, image.height]).toEqual([4, 2]);
    expect(image.corners).toEqual(near([red!, red!, green!, green!], 8));
  });

  it('that is truncated, or lies about its size, is refused', async () => {
    const honest = make.bitmap({ bits: 24, width: 100, height: 100, rows: Buffer.alloc(30_000) });
    expect((await run(honest.subarray(0, 20_000))).answer.type).toBe('broken');
    const runs = make.bitmap({ bits: 8, width: 4000, height: 4000, compression: 1, palette, rows: Buffer.alloc(500) });
    expect((await run(runs.subarray(0, 300))).answer.type).toBe('broken');
    for (const [width, height] of [
      [4097, 1],
      [1, 4097],
      [1, -4097],
      [2 ** 31 - 1, 2 ** 31 - 1],
      [1, -(2 ** 31)],
    ] as const) {
      const lying = make.bitmap({ bits: 24, width, height, rows: Buffer.alloc(64) });
      expect((await run(lying)).answer.type).toBe('too-many-pixels');
    }
    for (const [width, height] of [
      [0, 0],
      [-1, 1],
      [4096, 4096],
    ] as const) {
      const lying = make.bitmap({ bits: 24, width, height, rows: Buffer.alloc(64) });
      expect((await run(lying)).answer.type).toBe('broken');
    }
  });
});

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
