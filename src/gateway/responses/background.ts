// Responses that are made without anybody waiting: each runs to its end, whoever reads along. Owns those that run, and
// keeps them once they have ended.
import { type Generation, ServerError, shuttingDown } from '../../core/index.ts';
import type { Generate } from '../../inference/index.ts';
import {
  createResponseTeller,
  type Item,
  type ResponseBody,
  type ResponseEvent,
  type ResponseHead,
  type ResponseTeller,
  responseEventText,
} from '../../openai/index.ts';
import { normaliseError } from '../errors.ts';
import type { LiveRequests } from '../live-requests.ts';
import type { KeptResponses } from './kept-responses.ts';

export interface BackgroundParts {
  readonly generate: Generate;
  readonly live: LiveRequests;
  readonly kept: KeptResponses;
}

export interface BackgroundOrder {
  readonly head: ResponseHead;
  readonly generation: Generation;
  readonly holder: string;
  /** Who waits in the queue for it. */
  readonly client: string;
  readonly input: readonly Item[];
  readonly previousId: string | null;
  /** It may be read as a stream, also later. */
  readonly isStreamed: boolean;
}

/** A response as those who read along see it. */
export interface Running {
  readonly holder: string;
  /** Texts of its events, the number of each being its place; null where it is not streamed. */
  readonly events: readonly string[] | null;
  body(): ResponseBody;
  readonly ended: boolean;
  /** Resolves with the next event, the end, or `signal`. */
  changed(signal: AbortSignal): Promise<void>;
}

export interface Background {
  start(order: BackgroundOrder): Running;
  find(id: string, holder: string): Running | undefined;
  /** The response once it has stopped; undefined where it does not run here. */
  cancel(id: string, holder: string): Promise<ResponseBody | undefined>;
  /** Stops all, and resolves when they are kept. */
  close(): Promise<void>;
}

interface Job extends Running {
  readonly order: BackgroundOrder;
  readonly teller: ResponseTeller;
  readonly texts: string[];
  readonly controller: AbortController;
  readonly waiting: Set<() => void>;
  ended: boolean;
  done: Promise<void>;
}

/** Why a run ends that its client ended. */
class Cancelled extends Error {}

export function createBackground({ generate, live, kept }: BackgroundParts): Background {
  const jobs = new Map<string, Job>();
  const find = (id: string, holder: string): Job | undefined => {
    const job = jobs.get(id);
    return job?.holder === holder ? job : undefined;
  };

  const keep = ({ order, teller, texts, ended }: Job): void => {
    const { holder, input, previousId, isStreamed } = order;
    const events = isStreamed && ended ? texts : null;
    kept.save({ body: teller.body(), input, previousId, events, holder, isRunning: !ended });
  };

  const run = async (job: Job): Promise<void> => {
    const { order, teller, controller } = job;
    const forget = live.add(order.generation.id, () =>
      controller.abort(new ServerError('cancelled', 'The operator of this server cancelled the request.')),
    );
    try {
      await tellAll(job, generate(order.generation, { client: order.client, signal: controller.signal }));
    } catch (error) {
      tell(job, controller.signal.reason instanceof Cancelled ? teller.cancel() : teller.fail(normaliseError(error)));
    }
    forget();
    job.ended = true;
    keep(job);
    jobs.delete(order.head.id);
    wake(job);
  };

  return {
    find,
    start(order) {
      const job = createJob(order);
      tell(job, job.teller.created());
      jobs.set(order.head.id, job);
      keep(job);
      job.done = run(job);
      return job;
    },
    async cancel(id, holder) {
      const job = find(id, holder);
      job?.controller.abort(new Cancelled());
      await job?.done;
      return job?.body();
    },
    async close() {
      const running = [...jobs.values()];
      for (const { controller } of running) {
        controller.abort(shuttingDown());
      }
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

function createJob(order: BackgroundOrder): Job {
  const teller = createResponseTeller(order.head, 'queued');
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  return {
    order,
    teller,
    texts,
    waiting,
    controller: new AbortController(),
    holder: order.holder,
    events: order.isStreamed ? texts : null,
    body: () => teller.body(),
    ended: false,
    done: Promise.resolve(),
    changed: (signal) =>
      new Promise((resolve) => {
        const settle = (): void => {
          waiting.delete(settle);
          signal.removeEventListener('abort', settle);
          resolve();
        };
        waiting.add(settle);
        signal.addEventListener('abort', settle, { once: true });
        if (signal.aborted) settle();
      }),
  };
}

async function tellAll(job: Job, events: ReturnType<Generate>): Promise<void> {
  const { teller } = job;
  for await (const event of events) {
    if (event.type === 'admitted') tell(job, teller.started());
    else if (event.type === 'token-delta') tell(job, teller.delta(event));
    else if (event.type === 'end') tell(job, teller.end(event));
  }
}

function tell(job: Job, events: readonly ResponseEvent[]): void {
  if (job.order.isStreamed) job.texts.push(...events.map(responseEventText));
  wake(job);
}

function wake({ waiting }: Job): void {
  for (const settle of [...waiting]) settle();
}
