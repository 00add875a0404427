// Facts about this machine that defaults depend on. Reads the operating system, decides nothing else.
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir, totalmem } from 'node:os';

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly cores: number;
  /** Memory this process may use, in bytes: the smaller of RAM and the cgroup's limit. */
  readonly memoryBytes: number;
  readonly homeDir: string;
  /** Whether standard error is a terminal. */
  readonly terminal: boolean;
}

/** Seed's three sizes of machine, by RAM. */
export type RamTier = 'large' | 'medium' | 'small';

const gibibyte = 1024 ** 3;

/** 64 GB and more is large, 24 to 63 GB medium, less is small. */
export function ramTier(memoryBytes: number): RamTier {
  const gigabytes = Math.round(memoryBytes / gibibyte);
  if (gigabytes >= 64) return 'large';
  return gigabytes >= 24 ? 'medium' : 'small';
}

export function readMachine(): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    cores: availableParallelism(),
    memoryBytes: Math.min(totalmem(), cgroupLimitBytes()),
    homeDir: homeDir(),
    terminal: process.stderr.isTTY === true,
  };
}

/** A user without an entry in the password file and without HOME has none; `/` is what containers take for it. */
function homeDir(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

function cgroupLimitBytes(): number {
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const limit = Number(readFileSync(file, 'utf8').trim());
      if (Number.isFinite(limit) && limit > 0) return limit;
    } catch {
      // No such controller here; the next one, or none, applies.
    }
  }
  return Number.POSITIVE_INFINITY;
}
