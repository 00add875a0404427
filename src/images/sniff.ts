// What kind of image some bytes are, by their first few, never by a name or a Content-Type.

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp';

/** Sizes of the header that follows a bitmap's file header; "BM" alone begins many a text. */
const bitmapHeaderSizes = [40, 52, 56, 64, 108, 124];

/** Undefined for everything that is not decoded here. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 32));
  const text = start.toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'webp';
  if (text.startsWith('BM') && start.length >= 26 && bitmapHeaderSizes.includes(start.readUInt32LE(14))) return 'bmp';
  return undefined;
}
