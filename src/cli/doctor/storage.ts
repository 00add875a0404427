// Disk, memory, the cache of models, shared memory, descriptors.
import { existsSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { openFilesLimit } from '../connection-limit.ts';
import { formatBytes } from '../table.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const gibibyte = 1024 ** 3;
const littleDiskBytes = 5 * gibibyte;
const littleSharedBytes = 64 * 1024 * 1024;
const fewOpenFiles = 1024;

export async function disk({ huggingFaceHome }: Config): Promise<Finding> {
  let folder = huggingFaceHome;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = formatBytes(bavail * bsize);
  if (bavail * bsize >= littleDiskBytes) return ok('disk', `${free} free for models`);
  return warning('disk', `only ${free} free for models`, 'Make room ("rm MODEL"), or set HF_HOME to a larger disk.');
}

export function memory({ memoryBudgetBytes }: Config): Finding {
  const detail = `${formatBytes(totalmem())}, ${formatBytes(freemem())} free; models may use ${formatBytes(memoryBudgetBytes)}`;
  if (memoryBudgetBytes <= totalmem()) return ok('memory', detail);
  return problem('memory', `${detail}, which is more than there is`, 'Lower MLX_MEMORY_BUDGET_GB.');
}

/** Downloads that were not finished lie there as `.incomplete`. */
export async function cache({ huggingFaceHome }: Config): Promise<Finding> {
  const hub = join(huggingFaceHome, 'hub');
  const names = await readdir(hub).catch(() => []);
  const models = names.filter((name) => name.startsWith('models--'));
  const unfinished: string[] = [];
  for (const model of models) {
    const blobs = await readdir(join(hub, model, 'blobs')).catch(() => []);
    if (blobs.some((blob) => blob.endsWith('.incomplete'))) unfinished.push(model.slice(8).replace('--', '/'));
  }
  const detail = `${models.length} model${models.length === 1 ? '' : 's'} in ${hub}`;
  if (unfinished.length === 0) return ok('cache', detail);
  const list = unfinished.slice(0, 5).join(', ');
  return warning(
    'cache',
    `${detail}; unfinished: ${list}`,
    `"pull ${unfinished[0]}" goes on, "rm ${unfinished[0]}" deletes it.`,
  );
}

export async function sharedMemory({ useStdio }: Config): Promise<Finding> {
  if (process.platform !== 'linux' || useStdio) return ok('shared memory', useStdio ? 'turned off' : 'in use');
  try {
    const { bavail, bsize } = await statfs('/dev/shm');
    const free = formatBytes(bavail * bsize);
    if (bavail * bsize >= littleSharedBytes) return ok('shared memory', `${free} free`);
    return warning(
      'shared memory',
      `only ${free} free; images go through pipes, slower`,
      'Make /dev/shm larger (docker: --shm-size=256m).',
    );
  } catch {
    return warning('shared memory', 'there is no /dev/shm; images go through pipes, slower', 'Mount a tmpfs there.');
  }
}

export function openFiles(limit = openFilesLimit()): Finding {
  if (limit >= fewOpenFiles)
    return ok('open files', limit === Number.MAX_SAFE_INTEGER ? 'no limit' : `${limit} allowed`);
  return warning('open files', `only ${limit} allowed, so few connections`, 'Raise the limit: ulimit -n 4096.');
}
