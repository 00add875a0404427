// What the operating system holds a decode process to. A file that breaks out of its bounds ends this process and no
// other. Where the system offers less, the limit on resident memory in main.ts and the server's clock remain.
import { createRequire } from 'node:module';

const linux = { PR_SET_PDEATHSIG: 1, SIGKILL: 9, RLIMIT_DATA: 2, RLIMIT_CORE: 4 };

/** Bounds anonymous memory, leaves no core dumps with somebody's image, and has the kernel end this with its server. */
export function confine(maxDataBytes: number): void {
  if (process.platform !== 'linux') return;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load(null);
    const prctl = libc.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
    prctl(linux.PR_SET_PDEATHSIG, linux.SIGKILL, 0, 0, 0);
    const setrlimit = libc.func('int setrlimit(int, const uint64_t *)');
    setrlimit(linux.RLIMIT_CORE, new BigUint64Array([0n, 0n]));
    setrlimit(linux.RLIMIT_DATA, new BigUint64Array([BigInt(maxDataBytes), BigInt(maxDataBytes)]));
  } catch {
    // Another libc: the other limits hold.
  }
}
