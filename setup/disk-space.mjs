// Says before any work whether the disk has room for it, instead of failing in the middle.
import { statfsSync } from 'node:fs';
import { SetupFailure } from './failure.mjs';

const megabyte = 1024 * 1024;

export function requireDiskSpace({ folder, neededMegabytes, statfs = statfsSync }) {
  const { bavail, bsize } = statfs(folder);
  const freeMegabytes = Math.floor((bavail * bsize) / megabyte);
  if (freeMegabytes >= neededMegabytes) return;
  throw new SetupFailure({
    cause: `the disk has ${freeMegabytes} MB free and set-up needs about ${neededMegabytes} MB`,
    hint: `free at least ${neededMegabytes - freeMegabytes} MB on the disk of ${folder}`,
  });
}
