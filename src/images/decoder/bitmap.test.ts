import { beforeAll, describe, expect, it } from 'vitest';
import { decoded, near, run } from '../../../test/fixtures/images/decode-here.ts';
import * as make from '../../../test/fixtures/images/make-images.ts';
import { prepareSharp } from './decode.ts';

beforeAll(prepareSharp);

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
