import { describe, expect, it } from 'vitest';
import { parseRusage } from './mac-footprint.ts';
import { createFootprintReader } from './read-footprint.ts';
import { parseSmapsRollup } from './smaps-rollup.ts';

const rollup = `5565f9113000-7ffdc2a2a000 ---p 00000000 00:00 0                          [rollup]
Rss:              363700 kB
Pss:              334000 kB
Pss_Dirty:           112 kB
Pss_Anon:         220000 kB
Pss_File:         114000 kB
Pss_Shmem:             0 kB
Swap:               4000 kB
SwapPss:            3000 kB
`;

describe('a footprint on Linux', () => {
  it('is the proportional set size with what was swapped out; pages of files are told apart', () => {
    expect(parseSmapsRollup(rollup)).toEqual({ bytes: 337_000 * 1024, mappedBytes: 114_000 * 1024 });
  });

  it('is unknown where the kernel says nothing, as for a zombie', () => {
    expect(parseSmapsRollup('')).toBeNull();
  });

  it('counts no file pages where an old kernel does not tell them', () => {
    expect(parseSmapsRollup('Pss:  10 kB\n')).toEqual({ bytes: 10_240, mappedBytes: 0 });
  });

  it.runIf(process.platform === 'linux')(
    'of this process is more than its JavaScript heap, of none is null',
    async () => {
      const read = createFootprintReader();
      expect((await read(process.pid))?.bytes).toBeGreaterThan(process.memoryUsage().heapUsed);
      expect(await read(2 ** 22 + 1)).toBeNull();
    },
  );
});

describe('a footprint on macOS', () => {
  /** struct rusage_info_v0: uuid[16], then user, system, two wakeups, pageins, wired, resident, physical, start, exit. */
  const rusage = (fields: readonly number[]): Buffer => {
    const info = Buffer.alloc(96);
    for (const [place, value] of fields.entries()) info.writeBigUInt64LE(BigInt(value), 16 + place * 8);
    return info;
  };

  it('is the physical footprint, the eighth number of the struct', () => {
    expect(parseRusage(rusage([1, 2, 3, 4, 5, 6, 100, 9000, 8, 9]))).toEqual({ bytes: 9000, mappedBytes: 0 });
  });

  it('has mapped weights in it, which the physical footprint leaves out', () => {
    expect(parseRusage(rusage([1, 2, 3, 4, 5, 6, 5000, 1000, 8, 9]))).toEqual({ bytes: 5000, mappedBytes: 4000 });
  });
});
