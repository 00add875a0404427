// Everything observable. Log, metrics and status are folds of these events; nothing else reports.
import type { FinishReason, Usage, WorkerTimings } from './generation-event.ts';
import type { Sampling } from './sampling.ts';
import type { ErrorCode } from './server-error.ts';

/** Why a worker's process ended. The first cause wins. */
export type WorkerExitReason =
  | 'requested'
  | 'idle'
  | 'evicted'
  | 'crashed'
  | 'timeout'
  | 'start_failed'
  | 'server_exit';

export type ServerEvent =
  | { readonly type: 'server-listening'; readonly api: string; readonly admin: string }
  | { readonly type: 'server-stopping'; readonly cause: string }
  | { readonly type: 'worker-started'; readonly workerId: string; readonly model: string; readonly pid: number }
  | {
      readonly type: 'worker-ready';
      readonly workerId: string;
      readonly model: string;
      readonly engine: string;
      readonly loadMs: number;
      readonly memoryBytes: number;
    }
  | { readonly type: 'preload-failed'; readonly model: string; readonly detail: string }
  | { readonly type: 'worker-output'; readonly workerId: string; readonly line: string }
  | {
      readonly type: 'worker-exited';
      readonly workerId: string;
      readonly model: string;
      readonly reason: WorkerExitReason;
      readonly detail: string;
    }
  /** A shared block could not be made or read: bulk bytes of this worker may go through its pipe. Told once a worker. */
  | {
      readonly type: 'shared-memory-failed';
      readonly workerId: string;
      readonly model: string;
      readonly detail: string;
    }
  /** Workers of dead servers, found at start. */
  | {
      readonly type: 'orphans-reaped';
      readonly ended: readonly string[];
      readonly survived: readonly string[];
      readonly blocksRemoved: number;
    }
  /** The worker registry does not hold what it should; serving goes on. */
  | { readonly type: 'registry-problem'; readonly detail: string }
  | { readonly type: 'request-received'; readonly requestId: string; readonly endpoint: string }
  | {
      readonly type: 'images-prepared';
      readonly requestId: string;
      /** Distinct ones. */
      readonly images: number;
      /** Of them, those that were taken from the cache. */
      readonly cacheHits: number;
      readonly durationMs: number;
    }
  | {
      readonly type: 'generation-admitted';
      readonly requestId: string;
      readonly model: string;
      readonly promptTokens: number;
      readonly maxTokens: number;
      readonly sampling: Sampling;
    }
  | {
      readonly type: 'generation-recovered';
      readonly requestId: string;
      readonly model: string;
      /** Tokens that were delivered before the seam. */
      readonly tokens: number;
      readonly reason: WorkerExitReason;
    }
  | {
      readonly type: 'generation-ended';
      readonly requestId: string;
      readonly model: string;
      readonly finishReason: FinishReason;
      readonly usage: Usage;
      readonly timings: WorkerTimings;
    }
  | {
      readonly type: 'request-finished';
      readonly requestId: string;
      readonly endpoint: string;
      readonly status: number;
      readonly code: ErrorCode | null;
      readonly durationMs: number;
      readonly cause?: unknown;
    };

export type EmitServerEvent = (event: ServerEvent) => void;
