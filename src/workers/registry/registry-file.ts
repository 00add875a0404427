// worker_registry.json on disk: read whatever lies there without harm, replace it whole, set a damaged one aside.
// Holds no lock; writing and setting aside are for the holder of it.
import { randomBytes } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { formatRegistry, maxRegistryBytes, parseRegistry, type Servers } from './registry-document.ts';

export type RegistryRead =
  | { readonly kind: 'read'; readonly servers: Servers }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly reason: string }
  /** Not the file's fault: no descriptors left, a failing disk. */
  | { readonly kind: 'unreadable'; readonly reason: string };

const fileName = 'worker_registry.json';
const temporaryName = /^worker_registry\.[0-9a-f]{16}\.tmp$/;
/** What open(2) says of things that are no readable regular file of ours. */
const damagedCodes = new Set(['ELOOP', 'EACCES', 'EPERM', 'ENXIO', 'ENODEV', 'EISDIR', 'EMLINK']);

/** Never waits on a FIFO, never follows a link, never reads more than {@link maxRegistryBytes}. */
export async function readRegistryFile(stateDir: string): Promise<RegistryRead> {
  let file: FileHandle | undefined;
  try {
    file = await open(join(stateDir, fileName), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: 'damaged', reason: 'it is not a regular file' };
    if (stats.uid !== process.geteuid?.()) return { kind: 'damaged', reason: 'it belongs to another user' };
    if (stats.size > maxRegistryBytes) return { kind: 'damaged', reason: 'it is too large' };
    const bytes = Buffer.alloc(stats.size + 1);
    const length = await readAll(file, bytes);
    if (length > stats.size) return { kind: 'damaged', reason: 'it grew while it was read' };
    return parse(bytes.subarray(0, length));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT') return { kind: 'absent' };
    return { kind: damagedCodes.has(code) ? 'damaged' : 'unreadable', reason: `it cannot be read (${code})` };
  } finally {
    await file?.close();
  }
}

async function readAll(file: FileHandle, bytes: Buffer): Promise<number> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === bytes.length) return length;
  }
}

function parse(bytes: Uint8Array): RegistryRead {
  try {
    return { kind: 'read', servers: parseRegistry(bytes) };
  } catch (error) {
    return { kind: 'damaged', reason: error instanceof Error ? error.message.slice(0, 300) : 'wrong form' };
  }
}

/**
 * Replaces the file: written beside it, synced, renamed over it if `mayReplace` still says so. At any failure the old
 * file stays whole and nothing is left beside it. @throws what the file system says.
 */
export async function writeRegistryFile(stateDir: string, servers: Servers, mayReplace: () => boolean): Promise<void> {
  const temporary = join(stateDir, `worker_registry.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(formatRegistry(servers));
      await file.sync();
    } finally {
      await file.close();
    }
    if (!mayReplace()) throw new Error('the lock file was replaced meanwhile');
    await rename(temporary, join(stateDir, fileName));
  } catch (error) {
    await unlink(temporary).catch(() => {}); // The first failure is the one to tell; the next writer removes what is left.
    throw error;
  }
  const folder = await open(stateDir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Renames whatever is in the registry's place, so that nothing of it is lost. Returns its new name. */
export async function setRegistryAside(stateDir: string, wallMs: number): Promise<string> {
  for (let stampMs = wallMs; ; stampMs += 1) {
    const name = `worker_registry.corrupt-${new Date(stampMs).toISOString().replaceAll(/[:.]/g, '-')}.json`;
    if (lstatSync(join(stateDir, name), { throwIfNoEntry: false }) !== undefined) continue;
    await rename(join(stateDir, fileName), join(stateDir, name));
    return name;
  }
}

/** Removes what writers that were killed left behind; writers hold the lock, so under it there can be no other. */
export async function removeStaleTemporaries(stateDir: string): Promise<void> {
  const stale = (await readdir(stateDir)).filter((name) => temporaryName.test(name));
  await Promise.all(stale.map((name) => unlink(join(stateDir, name))));
}
