// The questions inside one worker that it answers with one frame each. What comes for a question that is gone is dropped.
import type { FromWorker, Question, Reply } from '../ipc/index.ts';

export type WorkerQuestion = Question;

export type Answered = Reply | Extract<FromWorker, { type: 'error' }>;

interface Asked {
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: unknown) => void;
}

export class QuestionTable {
  readonly #asked = new Map<string, Asked>();

  get size(): number {
    return this.#asked.size;
  }

  /** Rejects when the question is lost. */
  add(id: string): Promise<Answered> {
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** False when nobody waits for `id`. */
  settle(id: string, answered: Answered): boolean {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.resolve(answered);
    return asked !== undefined;
  }

  lose(id: string, error: unknown): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.reject(error);
  }

  loseAll(error: unknown): void {
    for (const id of [...this.#asked.keys()]) this.lose(id, error);
  }
}
