// The rows of the table of settings that are about images.
import type { Machine } from './machine.ts';
import { folderList, hostList, seconds, wholeNumber, yesOrNo } from './parsers.ts';
import { setting } from './setting.ts';

const gibibyte = 1024 ** 3;

/** Seed: the longer side of an image as models get it. */
function visionMaxDimension({ memoryBytes }: Machine): number {
  const gigabytes = Math.round(memoryBytes / gibibyte);
  if (gigabytes >= 64) return 1024;
  return gigabytes >= 32 ? 768 : 512;
}

export const imageSettings = {
  allowedLocalMediaPath: setting<readonly string[]>({
    env: 'MLX_ALLOWED_LOCAL_MEDIA_PATH',
    flag: null,
    parse: folderList,
    fallback: () => [],
    shownDefault: 'none',
    doc: 'Folders whose images a request may name by path, separated with a colon; links are resolved first.',
  }),
  imageAllowedHosts: setting<readonly string[]>({
    env: 'MLX_IMAGE_ALLOWED_HOSTS',
    flag: null,
    parse: hostList,
    separator: ',',
    fallback: () => [],
    shownDefault: 'none',
    doc: 'Private hosts that images may be fetched from: names, addresses or ranges, separated with a comma.',
  }),
  visionMaxDimension: setting({
    env: 'VISION_MAX_DIMENSION',
    flag: null,
    parse: wholeNumber(16, 4096),
    fallback: visionMaxDimension,
    shownDefault: '1024 from 64 GB, 768 from 32 GB, else 512',
    doc: 'Pixels that the longer side of an image is reduced to.',
  }),
  visionAutoResize: setting({
    env: 'VISION_AUTO_RESIZE',
    flag: null,
    parse: yesOrNo,
    fallback: () => true,
    shownDefault: '1',
    doc: 'Whether images are reduced at all.',
  }),
  visionResizeCacheSize: setting({
    env: 'VISION_RESIZE_CACHE_SIZE',
    flag: null,
    parse: wholeNumber(0, 10_000),
    fallback: () => 20,
    shownDefault: '20',
    doc: 'Decoded images that are kept for the next time, 256 MB at the most.',
  }),
  visionResizeCacheTtlMs: setting({
    env: 'VISION_RESIZE_CACHE_TTL',
    flag: null,
    parse: seconds(0, 31_536_000),
    fallback: () => 3_600_000,
    shownDefault: '3600',
    doc: 'Seconds after which a decoded image is forgotten.',
  }),
} as const;
