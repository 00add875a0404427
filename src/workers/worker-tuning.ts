// What an operator asks of a model's worker beside its limits, as the load frame says it. A worker that cannot do one of
// them does not load.
import type { Load } from '../ipc/index.ts';

export interface WorkerTuning {
  /** For the KV caches of all its sequences together; absent: as many as the worker finds room for. */
  readonly cacheTokens?: Load['cacheTokens'];
  readonly kvBits?: Load['kvBits'];
  readonly adapterPath?: string | undefined;
  /** Where the draft model is; absent: there is none. */
  readonly findDraft?: (() => Promise<string>) | undefined;
}

/** Rejects as `findDraft` does. */
export async function tuningFields(
  tuning: WorkerTuning = {},
): Promise<Pick<Load, 'cacheTokens' | 'kvBits' | 'adapterPath' | 'draftPath'>> {
  const { cacheTokens, kvBits, adapterPath, findDraft } = tuning;
  return {
    ...(cacheTokens === undefined ? {} : { cacheTokens }),
    ...(kvBits === undefined ? {} : { kvBits }),
    ...(adapterPath === undefined ? {} : { adapterPath }),
    ...(findDraft === undefined ? {} : { draftPath: await findDraft() }),
  };
}
