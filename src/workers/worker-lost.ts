// How the end of a worker reaches the generations that were in it.
import type { WorkerExitReason } from '../core/index.ts';

/** The worker ended, or was killed, before this generation did. */
export class WorkerLost extends Error {
  override name = 'WorkerLost';
  readonly reason: WorkerExitReason;

  constructor(reason: WorkerExitReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** No frame for this generation within the request timeout; its worker has been killed for it. Never tried again. */
export class WorkerTimeoutError extends Error {
  override name = 'WorkerTimeoutError';
}

/** The channel to a worker broke (garbage, closed pipe) while the worker itself may have been well. */
export class WorkerCommunicationError extends Error {
  override name = 'WorkerCommunicationError';
}
