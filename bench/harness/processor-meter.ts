// How much processor time each process of a comparison spends on a token: what a busy machine cannot blur.
import { processorMs } from './process-facts.ts';

const places = ['baseline', 'server', 'worker', 'client'] as const;

export type ProcessorCost = Readonly<Record<(typeof places)[number], number>>;

export interface ProcessorMeter {
  /** Runs `work` and charges what the processes use meanwhile. */
  charge<T>(work: () => Promise<T>): Promise<T>;
  /** Microseconds per token. */
  read(tokens: number): ProcessorCost;
}

export function createProcessorMeter(pids: Readonly<Record<keyof ProcessorCost, number>>): ProcessorMeter {
  const spentMs = { baseline: 0, server: 0, worker: 0, client: 0 };
  const now = (): ProcessorCost => ({
    baseline: processorMs(pids.baseline),
    server: processorMs(pids.server),
    worker: processorMs(pids.worker),
    client: processorMs(pids.client),
  });
  return {
    async charge(work) {
      const before = now();
      const result = await work();
      const after = now();
      for (const place of places) spentMs[place] += after[place] - before[place];
      return result;
    },
    read: (tokens) => ({
      baseline: (spentMs.baseline / tokens) * 1000,
      server: (spentMs.server / tokens) * 1000,
      worker: (spentMs.worker / tokens) * 1000,
      client: (spentMs.client / tokens) * 1000,
    }),
  };
}
