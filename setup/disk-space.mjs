// Says before any work whether the disk has room for it, instead of failing in the middle.
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupFailure } from './failure.mjs';

const megabyte = 1024 * 1024;

const nearlyFullMegabytes = 30;

export function requireDiskSpace({ folder, neededMegabytes, freeMegabytes = freeMegabytesOf(folder) }) {
  if (freeMegabytes >= neededMegabytes) return;
  throw new SetupFailure({
    cause: `the disk has ${freeMegabytes} MB free and set-up needs about ${neededMegabytes} MB`,
    hint: `free at least ${neededMegabytes - freeMegabytes} MB on the disk of ${folder}`,
  });
}

/** Some tools go on with less, or say something else, when the disk is full: then that is the cause all the same. */
export function causeWithDisk({ error, folder, freeMegabytes = freeMegabytesOf(folder) }) {
  if (freeMegabytes >= nearlyFullMegabytes) return error;
  return new SetupFailure({
    cause: 'the disk is full',
    hint: `free some space on the disk of ${folder} and run the same command again`,
    output: error?.output ?? error?.message,
  });
}

/** Of the disk where `folder` is, or would be. */
export function freeMegabytesOf(folder) {
  if (!existsSync(folder)) return freeMegabytesOf(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor((bavail * bsize) / megabyte);
}
