// What one request may bring; named in the refusals, so that nobody has to look them up.

const mebibyte = 1024 ** 2;

/** Bytes of one image as a file: downloaded, read, or decoded from base64. Exactly this many are accepted. */
export const maxImageBytes = 10 * mebibyte;

/** Images of one request, earlier turns included. */
export const maxImagesPerRequest = 5;

/** Pixels of either side, as the file's header tells them. */
export const maxSidePixels = 4096;

/** Bytes of the pixels of the largest image there can be. */
export const maxPixelBytes = maxSidePixels * maxSidePixels * 3;
