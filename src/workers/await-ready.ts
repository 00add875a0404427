// From a spawned process to a loaded model: its `ready` frame, in time, or why there is none.
import type { Clock } from '../core/index.ts';
import type { FromWorker } from '../ipc/index.ts';
import { startProgressWatchdog } from './progress-watchdog.ts';
import { type WorkerExit, WorkerLost } from './worker-lost.ts';

export type Ready = Extract<FromWorker, { type: 'ready' }>;

export interface AwaitedReady {
  /** Rejects with WorkerLost when the process ends before. */
  readonly ready: Promise<Ready>;
  readonly resolve: (ready: Ready) => void;
}

/** `onLate` is called when the model is not loaded within `timeoutMs`; it is to end the process. */
export function awaitReady(options: {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly exited: Promise<WorkerExit>;
  readonly onLate: (detail: string) => void;
}): AwaitedReady {
  const { clock, timeoutMs, exited, onLate } = options;
  const late = `the model was not loaded within ${timeoutMs / 1000} s`;
  const watch = startProgressWatchdog({ clock, timeoutMs, onSilent: () => onLate(late) });
  watch.progress('load');
  let resolve = (_: Ready): void => {};
  const ready = new Promise<Ready>((settle, reject) => {
    resolve = settle;
    void exited.then((exit) => reject(new WorkerLost(exit)));
  });
  void ready.then(watch.stop, watch.stop);
  return { ready, resolve };
}
