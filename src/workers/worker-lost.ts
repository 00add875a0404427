// How the end of a worker reaches the generations that were in it.
import type { WorkerExitReason } from '../core/index.ts';

/** The worker ended, or was killed, before this generation did. */
export class WorkerLost extends Error {
  override name = 'WorkerLost';
  readonly reason: WorkerExitReason;

  constructor(reason: WorkerExitReason, detail: string, cause?: Error) {
    super(detail, { cause });
    this.reason = reason;
  }
}

/** No frame for this generation within the request timeout; its worker has been killed for it. Never tried again. */
export class WorkerTimeoutError extends Error {
  override name = 'WorkerTimeoutError';
}
