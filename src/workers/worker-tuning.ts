// What an operator asks of a model's worker beside its limits, as the load frame says it. A worker that cannot do one of
// them does not load.
import type { Load } from '../ipc/index.ts';

export interface WorkerTuning {
  readonly kvBits?: Load['kvBits'];
  readonly adapterPath?: string | undefined;
  /** Where the draft model is; absent: there is none. */
  readonly findDraft?: (() => Promise<string>) | undefined;
}

/** Rejects as `findDraft` does. */
export async function tuningFields(
  tuning: WorkerTuning = {},
): Promise<Pick<Load, 'kvBits' | 'adapterPath' | 'draftPath'>> {
  const { kvBits, adapterPath, findDraft } = tuning;
  return {
    ...(kvBits === undefined ? {} : { kvBits }),
    ...(adapterPath === undefined ? {} : { adapterPath }),
    ...(findDraft === undefined ? {} : { draftPath: await findDraft() }),
  };
}
