export { createImageRoad, type ImageRoad, type NamedImage } from './image-road.ts';
export { maxImageBytes } from './limits.ts';
export { sniffFormat } from './sniff.ts';
