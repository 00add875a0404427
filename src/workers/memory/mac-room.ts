// macOS: sysctl's words → room for models. Pure.

export interface MachineRoom {
  /** Not in use now, or given up on demand. */
  readonly availableBytes: number;
  /** What all models may hold together, the loaded ones included. */
  readonly ceilingBytes: number;
}

export const macSettings = ['iogpu.wired_limit_mb', 'debug.iogpu.wired_limit', 'kern.memorystatus_level'] as const;

const mebibyte = 1024 ** 2;
/** Metal's recommended working set where nobody set a limit: two thirds of the memory up to this size, else three quarters. */
const smallMacBytes = 36 * 1024 ** 3;

/**
 * The GPU's memory is wired, which no pressure gets back: beyond its limit the whole machine stands still or panics, so it
 * bounds all models together. `kern.memorystatus_level` is the share of memory, in percent, that is available.
 */
export function macRoom(sysctl: string, totalBytes: number): MachineRoom {
  const numberOf = (name: string): number | null => {
    const value = new RegExp(`^${name.replaceAll('.', '\\.')}: (\\d+)$`, 'm').exec(sysctl)?.[1];
    return value === undefined ? null : Number(value);
  };
  const [limit, olderLimit, level] = macSettings.map(numberOf);
  const set = limit || olderLimit; // 0 leaves it to the system.
  const share = totalBytes <= smallMacBytes ? 2 / 3 : 3 / 4;
  return {
    availableBytes: typeof level === 'number' ? (totalBytes * level) / 100 : Infinity,
    ceilingBytes: set ? Math.min(set * mebibyte, totalBytes) : totalBytes * share,
  };
}
