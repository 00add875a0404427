// How the end of a worker reaches the generations that were in it.
import type { WorkerExitReason } from '../core/index.ts';
import type { WorkerCommunicationError } from '../ipc/index.ts';

/** Why a worker ended: the first cause there was. */
export interface WorkerExit {
  readonly reason: WorkerExitReason;
  readonly detail: string;
  /** By a signal that this server did not send, or without a word and with code 0, as workers end at SIGTERM. */
  readonly endedFromOutside?: boolean;
  /** What broke, where it was the channel and not the process. */
  readonly cause?: WorkerCommunicationError;
}

/** The worker ended, or was killed, before this generation did. */
export class WorkerLost extends Error {
  override name = 'WorkerLost';
  readonly reason: WorkerExitReason;

  constructor({ reason, detail, cause }: WorkerExit) {
    super(detail, { cause });
    this.reason = reason;
  }
}

/** No frame for this generation within the request timeout; its worker has been killed for it. Never tried again. */
export class WorkerTimeoutError extends Error {
  override name = 'WorkerTimeoutError';
}
