// One file → upright 8-bit sRGB pixels on white, no larger than asked. Sides are read from the header and judged before
// any pixel is decoded.
import sharp, { type Sharp } from 'sharp';
import type { DecodeAnswer, DecodeOrder } from '../decode-frame.ts';
import { maxSidePixels } from '../limits.ts';
import { bitmapSides, decodeBitmap } from './bitmap.ts';

export interface DecodeResult {
  readonly answer: Exclude<DecodeAnswer, { type: 'ready' }>;
  readonly pixels: Uint8Array;
}

/** Only the loaders of the formats that are taken; one thread; nothing kept between files. */
export function prepareSharp(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif'].map((name) => `VipsForeignLoad${name}`);
  sharp.unblock({ operation: loaders });
  sharp.cache(false);
  sharp.concurrency(1);
}

/** Never rejects: what cannot be decoded is an answer too. */
export async function decode(order: DecodeOrder, file: Buffer): Promise<DecodeResult> {
  try {
    const sides = order.format === 'bmp' ? bitmapSides(file) : await sidesOf(file, order.format);
    if (Math.max(sides.width, sides.height) > maxSidePixels) return without({ type: 'too-many-pixels' });
    const { data, info } = await pixelsOf(order, file);
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { answer: { type: 'decoded', width: info.width, height: info.height }, pixels: data };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return without({ type: 'broken', detail: detail.slice(0, 500) });
  }
}

const without = (answer: DecodeResult['answer']): DecodeResult => ({ answer, pixels: new Uint8Array() });

/** `pages: 1`: of an animation the first frame. `error`: what is truncated or corrupt is refused, not filled up. */
const reading = { failOn: 'error', limitInputPixels: maxSidePixels * maxSidePixels, pages: 1 } as const;

/** From the header alone, whatever it says: the limit is judged by the caller, who has a word for it. */
async function sidesOf(file: Buffer, format: string): Promise<{ readonly width: number; readonly height: number }> {
  const metadata = await sharp(file, { ...reading, limitInputPixels: false }).metadata();
  if (metadata.format !== format) throw new Error(`a ${metadata.format} that begins like a ${format}`);
  return metadata;
}

function pixelsOf({ format, maxDimension }: DecodeOrder, file: Buffer) {
  const image = format === 'bmp' ? openBitmap(file) : sharp(file, reading);
  const upright = image.autoOrient().flatten({ background: '#ffffff' });
  const reduced =
    maxDimension === null
      ? upright
      : upright.resize({ width: maxDimension, height: maxDimension, fit: 'inside', withoutEnlargement: true });
  return reduced.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
}

function openBitmap(file: Buffer): Sharp {
  const { width, height, rgba } = decodeBitmap(file);
  return sharp(rgba, { raw: { width, height, channels: 4 } });
}
