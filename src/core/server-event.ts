// Everything observable. Log, metrics and status are folds of these events; nothing else reports.
import type { Priority } from './generation.ts';
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

/** Beside what a worker's event tells: that the worker is there for a model's tokenizer, and runs no model. */
export interface WorkerAside {
  readonly purpose?: 'tokenize' | undefined;
}

/** Which generation waits or runs where. */
export interface GenerationPlace {
  readonly requestId: string;
  readonly model: string;
  readonly priority: Priority;
}

export type ServerEvent =
  | { readonly type: 'server-listening'; readonly api: string; readonly admin: string }
  | { readonly type: 'server-stopping'; readonly cause: string }
  /** The configuration was read again. Keys of the file by when they count. */
  | {
      readonly type: 'config-reloaded';
      readonly cause: string;
      readonly changed: readonly string[];
      readonly atNextLoad: readonly string[];
      readonly atRestart: readonly string[];
    }
  /** It was read again and cannot be used; everything stays as it was. */
  | { readonly type: 'config-refused'; readonly cause: string; readonly problems: readonly string[] }
  | ({
      readonly type: 'worker-started';
      readonly workerId: string;
      readonly model: string;
      readonly pid: number;
    } & WorkerAside)
  | ({
      readonly type: 'worker-ready';
      readonly workerId: string;
      readonly model: string;
      readonly engine: string;
      readonly loadMs: number;
      readonly memoryBytes: number;
    } & WorkerAside)
  /** What the process of a loaded model really holds. Told when it has changed. */
  | ({
      readonly type: 'worker-measured';
      readonly workerId: string;
      readonly model: string;
      readonly footprintBytes: number;
    } & WorkerAside)
  /** The model's own context would outgrow the memory: requests get a shorter one. */
  | {
      readonly type: 'context-shortened';
      readonly model: string;
      readonly contextLength: number;
      readonly ownContextLength: number;
    }
  | { readonly type: 'preload-failed'; readonly model: string; readonly detail: string }
  | ({ readonly type: 'worker-output'; readonly workerId: string; readonly line: string } & WorkerAside)
  | ({
      readonly type: 'worker-exited';
      readonly workerId: string;
      readonly model: string;
      readonly reason: WorkerExitReason;
      readonly detail: string;
    } & WorkerAside)
  /** A shared block could not be made or read: bulk bytes of this worker may go through its pipe. Told once a worker. */
  | {
      readonly type: 'shared-memory-failed';
      readonly workerId: string;
      readonly model: string;
      readonly detail: string;
      readonly purpose?: 'tokenize' | undefined;
    }
  /** The collector of traces took none just now; told once until it takes some. */
  | { readonly type: 'traces-undelivered'; readonly detail: string }
  /** Workers of dead servers, found at start. */
  | {
      readonly type: 'orphans-reaped';
      readonly ended: readonly string[];
      readonly survived: readonly string[];
      readonly blocksRemoved: number;
    }
  /** The worker registry does not hold what it should; serving goes on. */
  | { readonly type: 'registry-problem'; readonly detail: string }
  /** Responses are not kept as they should be; serving goes on. */
  | { readonly type: 'store-problem'; readonly detail: string }
  | {
      readonly type: 'request-received';
      readonly requestId: string;
      /** The client's own id for it, if it sent a proper one. */
      readonly clientRequestId: string | null;
      readonly method: string;
      /** The route as registered, never the path as sent. */
      readonly endpoint: string;
      /** The header `traceparent`, where a proper one was sent. */
      readonly traceParent?: string;
    }
  | ({ readonly type: 'generation-queued' } & GenerationPlace)
  /** The generation may run; `queueWaitMs` is 0 when it did not have to wait. */
  | ({ readonly type: 'generation-granted'; readonly queueWaitMs: number } & GenerationPlace)
  /** It waited too long, or its client left. */
  | ({ readonly type: 'generation-unqueued'; readonly outcome: 'expired' | 'left' } & GenerationPlace)
  | ({ readonly type: 'queue-full' } & GenerationPlace)
  /** Its place is lent to one of high priority; it keeps what it has computed, and goes on later. */
  | ({ readonly type: 'generation-paused' } & GenerationPlace)
  | ({ readonly type: 'generation-continued' } & GenerationPlace)
  /** It holds its place no longer, however it ended. */
  | { readonly type: 'generation-released'; readonly requestId: string; readonly model: string }
  | { readonly type: 'rate-limited'; readonly requestId: string }
  | {
      readonly type: 'tokens-generated';
      readonly requestId: string;
      readonly model: string;
      readonly tokens: number;
      /** Since the tokens before, or for the first since the request was accepted. */
      readonly sinceMs: number;
      readonly first: boolean;
    }
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
      /** Of promptTokens, those taken from the prefix cache. */
      readonly cachedTokens: number;
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
  /** It was stopped because its client did not read, and goes on now that what waited was read. */
  | {
      readonly type: 'generation-stalled';
      readonly requestId: string;
      readonly model: string;
      /** Tokens that were delivered before that. */
      readonly tokens: number;
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
      readonly method: string;
      readonly endpoint: string;
      /** Name of the key that the request showed. */
      readonly holder: string | null;
      readonly status: number;
      readonly code: ErrorCode | null;
      readonly durationMs: number;
      readonly cause?: unknown;
    };

export type EmitServerEvent = (event: ServerEvent) => void;
