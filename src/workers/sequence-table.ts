// The sequences inside one worker: frames go to their own, and what arrives for a sequence that is gone is dropped.
import type { GenerationEnd, PrefillProgress, PromptLogprobs, TokenDelta } from '../core/index.ts';
import type { FromWorker } from '../ipc/index.ts';

type Failure = Extract<FromWorker, { type: 'error' }>;

export type SequenceEvent = PrefillProgress | PromptLogprobs | TokenDelta;

export interface SequenceSink {
  onEvent(event: SequenceEvent | GenerationEnd): void;
  /** It has left the batch, as it was asked to. */
  onPaused(): void;
  /** The worker refuses or failed this one sequence. */
  onError(error: Failure): void;
  /** The worker is gone. */
  onLost(error: Error): void;
}

export class SequenceTable {
  readonly #sinks = new Map<string, SequenceSink>();

  get size(): number {
    return this.#sinks.size;
  }

  has(id: string): boolean {
    return this.#sinks.has(id);
  }

  get(id: string): SequenceSink | undefined {
    return this.#sinks.get(id);
  }

  add(id: string, sink: SequenceSink): void {
    this.#sinks.set(id, sink);
  }

  /** False when it was not there. */
  remove(id: string): boolean {
    return this.#sinks.delete(id);
  }

  /** False when nobody listens to `id` any more: whoever hears the event may be the one to leave. */
  deliver(id: string, event: SequenceEvent): boolean {
    this.#sinks.get(id)?.onEvent(event);
    return this.#sinks.has(id);
  }

  /** False when nobody listens to `id` any more. */
  finish(id: string, message: Extract<FromWorker, { type: 'end' | 'error' }>): boolean {
    const sink = this.#sinks.get(id);
    this.#sinks.delete(id);
    if (message.type === 'error') {
      sink?.onError(message);
    } else {
      const { id: _, ...end } = message;
      sink?.onEvent(end);
    }
    return sink !== undefined;
  }

  lose(id: string, error: Error): void {
    const sink = this.#sinks.get(id);
    this.#sinks.delete(id);
    sink?.onLost(error);
  }

  loseAll(error: Error): void {
    for (const id of [...this.#sinks.keys()]) this.lose(id, error);
  }
}
