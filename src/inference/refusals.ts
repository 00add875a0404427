// What a request hears that the fleet does not take: each says when to come again.
import { ServerError } from '../core/index.ts';
import { heldBytes, type MemoryHolder, type MemoryLimits, type MemoryShortage } from './memory-plan.ts';

export const queueFull = (waiting: number, retryAfterSeconds: number): ServerError =>
  new ServerError('queue_full', `The queue is full: ${waiting} requests are waiting.`, { retryAfterSeconds });

export const queueTimeout = (seconds: number, retryAfterSeconds: number): ServerError =>
  new ServerError('queue_timeout', `No slot became free within ${seconds} s.`, { retryAfterSeconds });

/** `reason`; where it is a queue_timeout that the client set itself, with the same advice as one of ours. */
export const withRetryAfter = (reason: unknown, retryAfterSeconds: () => number): unknown =>
  reason instanceof ServerError && reason.code === 'queue_timeout'
    ? new ServerError(reason.code, reason.message, { retryAfterSeconds: retryAfterSeconds() })
    : reason;

export interface MemoryRefusal extends MemoryShortage {
  readonly model: string;
  readonly limits: MemoryLimits;
  readonly holders: readonly MemoryHolder[];
  /** The context that the operator has ordered for the model. */
  readonly orderedContext: number | null;
}

const shownHolders = 5;

/** The numbers, who holds the memory, and what to do about it. */
export function insufficientMemory(refusal: MemoryRefusal): ServerError {
  const { model, needBytes, availableBytes, never, limits, holders, orderedContext } = refusal;
  const { budgetBytes, machine } = limits;
  const context = orderedContext === null ? '' : ` with a context of ${orderedContext} tokens`;
  const all = gigabytes(Math.min(budgetBytes, machine.ceilingBytes));
  const had = never ? `all models may use ${all}` : `${gigabytes(availableBytes)} of ${all} can be had now`;
  const held = holders
    .slice(0, shownHolders)
    .map((one) => `${one.id} ${gigabytes(heldBytes(one))} (${one.kept ?? 'idle'})`);
  const more = holders.length > shownHolders ? ` and ${holders.length - shownHolders} more` : '';
  const by = held.length === 0 ? '' : ` Held by ${held.join(', ')}${more}.`;
  const advice = [
    ...(never || holders.length === 0 ? [] : ['wait or unload one of those']),
    ...(orderedContext === null ? [] : ['lower its context_length']),
    'take a smaller quantisation',
    ...(machine.ceilingBytes < budgetBytes || !never ? [] : ['raise MLX_MEMORY_BUDGET_GB']),
  ];
  const text = `${model} needs about ${gigabytes(needBytes)}${context}; ${had}.${by} What helps: ${advice.join(', or ')}.`;
  return new ServerError('insufficient_memory', text, { retryAfterSeconds: 10 });
}

const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;

export const writesNothing = (model: string): ServerError =>
  new ServerError('model_unsupported', `${model} is an embedding model and writes no text; ask /v1/embeddings.`, {
    param: 'model',
  });
