// BMP → red, green, blue and alpha, by NetSurf's decoder in WebAssembly: libvips as sharp ships it knows no BMP.
import nsbmp from '@cwasm/nsbmp';

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Sides as the header tells them; a negative height stands for rows from top to bottom. */
export function bitmapSides(file: Buffer): { readonly width: number; readonly height: number } {
  return { width: file.readInt32LE(18), height: Math.abs(file.readInt32LE(22)) };
}

/** @throws Error for a file that is broken, or shorter than its header says. */
export function decodeBitmap(file: Buffer): Bitmap {
  if (file.readUInt32LE(2) > file.length) throw new Error('the bitmap is truncated'); // The decoder fills up what is missing.
  const { width, height, data } = nsbmp.decode(file);
  return { width, height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
