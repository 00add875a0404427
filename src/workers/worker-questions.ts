// The questions put to one worker, each answered with one frame. A worker that is silent about one is silent as about a
// sequence.
import type { Question, ToWorker } from '../ipc/index.ts';
import type { ProgressWatchdog } from './progress-watchdog.ts';
import { type Answered, QuestionTable } from './question-table.ts';

export interface WorkerQuestions {
  readonly size: number;
  /** Rejects with what `lose` is given, or `signal.reason`. */
  ask(question: Question, signal: AbortSignal): Promise<Answered>;
  /** False when nobody asked. */
  settle(id: string, answered: Answered): boolean;
  lose(id: string, error: Error): void;
  loseAll(error: Error): void;
}

export function createWorkerQuestions(
  send: (message: ToWorker) => void,
  watchdog: Pick<ProgressWatchdog, 'progress' | 'forget'>,
): WorkerQuestions {
  const table = new QuestionTable();
  return {
    get size() {
      return table.size;
    },
    async ask(question, signal) {
      const { id } = question;
      const leave = (): void => {
        watchdog.forget(id);
        table.lose(id, signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      try {
        const answered = table.add(id);
        watchdog.progress(id);
        send(question);
        return await answered;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
    settle(id, answered) {
      if (!table.settle(id, answered)) return false;
      watchdog.forget(id);
      return true;
    },
    lose: (id, error) => table.lose(id, error),
    loseAll: (error) => table.loseAll(error),
  };
}
