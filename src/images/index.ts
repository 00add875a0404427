export { createImageRoad, type ImageRoad, type NamedImage } from './image-road.ts';
export { maxImageBytes, maxImagesPerRequest } from './limits.ts';
export { type ImageFormat, sniffFormat } from './sniff.ts';
