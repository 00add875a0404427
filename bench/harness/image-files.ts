// Five images of exactly 10 MB in each format, noise so that nothing compresses; made once.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { maxImageBytes } from '../../src/images/index.ts';
import { paths } from './paths.ts';

export const imagesFolder = join(paths.scratch, 'images');
const kinds = { jpeg: { width: 4096, height: 3072, quality: 84 }, png: { width: 1800, height: 1800, quality: 100 } };
export type ImageKind = keyof typeof kinds;

/** Paths of five files; what they lack to 10 MB is filled up behind their end. */
export async function imageFiles(kind: ImageKind): Promise<readonly string[]> {
  mkdirSync(imagesFolder, { recursive: true });
  const files = [1, 2, 3, 4, 5].map((number) => join(imagesFolder, `${number}.${kind}`));
  for (const file of files) {
    if (!existsSync(file)) writeFileSync(file, await noise(kind));
  }
  return files;
}

async function noise(kind: ImageKind): Promise<Buffer> {
  const { width, height, quality } = kinds[kind];
  const create = { width, height, channels: 3, background: '#888' } as const;
  const grain = { type: 'gaussian', mean: 128, sigma: 50 } as const;
  const image = sharp({ create: { ...create, noise: grain } });
  const file = await (kind === 'jpeg' ? image.jpeg({ quality }) : image.png({ compressionLevel: 1 })).toBuffer();
  if (file.length > maxImageBytes) throw new Error(`the ${kind} came out at ${file.length} bytes`);
  return Buffer.concat([file, Buffer.alloc(maxImageBytes - file.length)]);
}
