// Events of one sequence between the worker's frames and whoever reads them. While the reader is behind, neighbouring
// deltas become one, and what waits is weighed, so that a sequence cannot run ahead of its reader without bound.
import type { GenerationEvent, SampledLogprob, TokenDelta } from '../core/index.ts';
import { createEventQueue } from './event-queue.ts';

export interface SequenceQueue {
  /** False when more waits for the reader than may; the event is kept all the same. */
  push(event: GenerationEvent): boolean;
  fail(error: unknown): void;
  /** The next event; rejects with the failure once everything before it was read. */
  next(): Promise<GenerationEvent>;
}

/** A delta that waits. It grows until it is read; its lists are its own once it has grown. */
interface Waiting {
  delta: TokenDelta;
  tokenIds: number[] | null;
  pieces: { text: string; tokens: number }[];
  logprobs: SampledLogprob[];
  bytes: number;
}

type Entry = Waiting | Exclude<GenerationEvent, TokenDelta>;

/** A delta does not grow beyond this weight: it becomes one write to the client. */
const maxGrownBytes = 32 * 1024;

export function createSequenceQueue({ maxBytes }: { readonly maxBytes: number }): SequenceQueue {
  let waitingBytes = 0;
  const taken = (entry: Entry): GenerationEvent => {
    if (!('delta' in entry)) return entry;
    waitingBytes -= entry.bytes;
    const { delta, tokenIds, pieces, logprobs } = entry;
    if (tokenIds === null) return delta;
    const text = pieces.map((piece) => piece.text).join('');
    return { ...delta, text, tokenIds, pieces, ...(logprobs.length > 0 ? { logprobs } : {}) };
  };
  const queue = createEventQueue<Entry, GenerationEvent>(taken);
  return {
    push(event) {
      if (event.type !== 'token-delta') {
        queue.push(event);
        return true;
      }
      const bytes = weightOf(event);
      waitingBytes += bytes;
      const last = queue.last;
      const grows = last !== undefined && 'delta' in last && last.bytes + bytes <= maxGrownBytes;
      if (grows && isPlain(last.delta) && isPlain(event)) grow(last, event, bytes);
      else queue.push({ delta: event, tokenIds: null, pieces: [], logprobs: [], bytes });
      return waitingBytes <= maxBytes;
    },
    fail: queue.fail,
    next: queue.next,
  };
}

/** Nothing but what {@link grow} knows how to add up. */
const isPlain = ({ reasoning, toolCalls }: TokenDelta): boolean => reasoning === undefined && toolCalls === undefined;

function grow(waiting: Waiting, { tokenIds, text, logprobs = [] }: TokenDelta, bytes: number): void {
  const { delta } = waiting;
  if (waiting.tokenIds === null) {
    waiting.tokenIds = [...delta.tokenIds];
    waiting.pieces.push({ text: delta.text, tokens: delta.tokenIds.length });
  }
  if (waiting.logprobs.length === 0) waiting.logprobs.push(...(delta.logprobs ?? []));
  waiting.tokenIds.push(...tokenIds);
  waiting.pieces.push({ text, tokens: tokenIds.length });
  waiting.logprobs.push(...logprobs);
  waiting.bytes += bytes;
}

/** Roughly what a delta takes on the heap. */
function weightOf({ tokenIds, text, logprobs = [] }: TokenDelta): number {
  let bytes = 64 + 8 * tokenIds.length + 2 * text.length;
  for (const entry of logprobs) {
    bytes += logprobBytes + 2 * entry.text.length;
    for (const { text: other } of entry.top) bytes += logprobBytes + 2 * other.length;
  }
  return bytes;
}

const logprobBytes = 120;
