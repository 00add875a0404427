// Where the servers of this user answer: one file a server in its state directory, by which the other verbs find it.
// A file that a killed server left is known by the start time of its process.
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultStateDirectory, identifyProcess } from '../workers/index.ts';
import { stateDirectoryOf } from './open-registry.ts';
import { writeJsonFile } from './write-json-file.ts';

const announcement = z.object({
  api: z.url({ protocol: /^http$/ }),
  admin: z.url({ protocol: /^http$/ }),
  pid: z.int().min(1),
  startTime: z.string(),
});
export type Announcement = z.output<typeof announcement>;

const namePattern = /^server-\d{1,10}\.json$/;

/** Returns how to take it back. Where it cannot be written, the server is found by its ports alone. */
export async function announce(
  stateDir: string,
  { api, admin }: Pick<Announcement, 'api' | 'admin'>,
): Promise<() => void> {
  const directory = stateDirectoryOf(stateDir);
  const self = await identifyProcess(process.pid).catch(() => undefined);
  if (directory.kind !== 'ready' || self === undefined) return () => {};
  const path = join(directory.path, `server-${process.pid}.json`);
  const content: Announcement = { api, admin, pid: process.pid, startTime: self.startTime };
  try {
    await dropStale(directory.path);
    writeJsonFile(path, content, 0o600);
  } catch {
    return () => {}; // A full or read-only disk keeps nobody from serving.
  }
  return () => rmSync(path, { force: true });
}

/** The servers of this user that live and keep their state there. */
export async function announcedServers(stateDir: string): Promise<readonly Announcement[]> {
  const uid = process.geteuid?.() ?? -1;
  const folders = stateDir === defaultStateDirectory ? [stateDir, `${stateDir}-${uid}`] : [stateDir];
  const found = await Promise.all(folders.map((folder) => readFolder(folder, uid)));
  return found.flat();
}

/** Nothing in a folder that another user made is believed: a key would go to whom it names. */
async function readFolder(folder: string, uid: number): Promise<readonly Announcement[]> {
  try {
    const stats = lstatSync(folder);
    if (!stats.isDirectory() || stats.uid !== uid || (stats.mode & 0o022) !== 0) return [];
    const read = readdirSync(folder)
      .filter((name) => namePattern.test(name))
      .map((name) => readOne(join(folder, name)));
    const lives = await Promise.all(read.map(async (one) => one !== undefined && (await isAlive(one))));
    return read.filter((one, index) => one !== undefined && lives[index] === true) as Announcement[];
  } catch {
    return []; // No such folder: no server has kept its state there.
  }
}

function readOne(path: string): Announcement | undefined {
  try {
    const parsed = announcement.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // Gone meanwhile, or damaged.
  }
}

const isAlive = async ({ pid, startTime }: Announcement): Promise<boolean> =>
  (await identifyProcess(pid).catch(() => undefined))?.startTime === startTime;

async function dropStale(folder: string): Promise<void> {
  for (const name of readdirSync(folder).filter((name) => namePattern.test(name))) {
    const one = readOne(join(folder, name));
    if (one === undefined || !(await isAlive(one))) rmSync(join(folder, name), { force: true });
  }
}
