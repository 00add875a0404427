export { createImageRoad, type ImageRoad, type NamedImage } from './image-road.ts';
export { maxImageBytes, maxSidePixels } from './limits.ts';
export { sniffFormat } from './sniff.ts';
