import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decoded, near } from '../../../test/fixtures/images/decode-here.ts';
import * as make from '../../../test/fixtures/images/make-images.ts';
import { prepareSharp } from './decode.ts';

let gainMapped: Buffer;
let gainMap: unknown;
beforeAll(async () => {
  const plain = sharp(await make.quarters(256, 256).jpeg().toBuffer()) as Sharp & { withGainMap(): Sharp }; // Its types lack it.
  gainMapped = await plain.withGainMap().jpeg().toBuffer(); // With a loader that prepareSharp blocks.
  gainMap = (await sharp(gainMapped).metadata()).gainMap;
  prepareSharp();
});

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

  it('with a gain map for bright screens is taken as the plain JPEG that it is', async () => {
    expect(gainMap).toBeDefined();
    expect((await decoded(gainMapped)).width).toBe(256);
  });

  it('with junk behind its end is taken', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
      const file = await make.quarters().toFormat(format).toBuffer();
      const image = await decoded(Buffer.concat([file, Buffer.from('PK\x03\x04<script>'.repeat(100))]));
      expect(image.width, format).toBe(64);
    }
  });
});
