// The sequences of one worker, from order to end: what is sent for each, whose silence counts, who is paused. Frames go to
// their own sequence; it judges no process.
import type { FromWorker, Generate, ToWorker } from '../ipc/index.ts';
import { OrderLine } from './order-line.ts';
import type { ProgressWatchdog } from './progress-watchdog.ts';
import { type SequenceEvent, type SequenceSink, SequenceTable } from './sequence-table.ts';

export type Order = Omit<Generate, 'type'>;

/** A sequence as its owner steers it. After its end, nothing has an effect. */
export interface SequenceRun {
  cancel(): void;
  /** Has it leave the batch; its sink hears `onPaused` once it has, unless it ends first. */
  pause(): void;
  continue(): void;
}

/** What a frame of the worker turned out to be. `unasked`: it does what nobody asked for. */
type Verdict = 'taken' | 'dropped' | 'unasked';

export interface WorkerSequences {
  readonly size: number;
  /** The worker has said how many it can run together. */
  setCapacity(sequences: number): void;
  run(order: Order, sink: SequenceSink): SequenceRun;
  advance(id: string, event: SequenceEvent): Verdict;
  finish(id: string, message: Extract<FromWorker, { type: 'end' | 'error' }>): Verdict;
  paused(id: string): Verdict;
  lose(id: string, error: Error): void;
  loseAll(error: Error): void;
}

export function createWorkerSequences(
  send: (message: ToWorker) => void,
  watchdog: Pick<ProgressWatchdog, 'progress' | 'forget'>,
): WorkerSequences {
  const table = new SequenceTable();
  const line = new OrderLine();
  const pausing = new Set<string>();
  /** After how many tokens they were asked to leave. */
  const breaking = new Map<string, number>();
  /** Orders that were paused before they were sent. */
  const withdrawn = new Map<string, () => void>();

  const sendOrder = (id: string, message: ToWorker) => (): void => {
    watchdog.progress(id);
    send(message);
  };
  const forget = (id: string): boolean => {
    watchdog.forget(id);
    pausing.delete(id);
    breaking.delete(id);
    withdrawn.delete(id);
    return line.remove(id);
  };
  const pause = (id: string, sink: SequenceSink): void => {
    if (!table.has(id)) return;
    const order = line.withdraw(id);
    if (order === undefined) {
      pausing.add(id);
      send({ type: 'pause', id });
    } else {
      withdrawn.set(id, order);
      sink.onPaused();
    }
  };
  const goOn = (id: string): void => {
    if (!table.has(id)) return;
    const order = withdrawn.get(id) ?? sendOrder(id, { type: 'continue', id });
    withdrawn.delete(id);
    line.submit(id, order);
  };

  return {
    get size() {
      return table.size;
    },
    setCapacity(sequences) {
      line.capacity = sequences;
    },
    run(order, sink) {
      const { id } = order;
      table.add(id, sink);
      if (order.breakAfter !== undefined) breaking.set(id, order.breakAfter);
      line.submit(id, sendOrder(id, { type: 'generate', ...order }));
      const cancel = (): void => {
        if (!table.remove(id)) return;
        if (forget(id)) send({ type: 'cancel', id }); // Ahead of whoever gets its place.
        line.advance();
      };
      return { cancel, pause: () => pause(id, sink), continue: () => goOn(id) };
    },
    advance(id, event) {
      if (!table.deliver(id, event)) return 'dropped';
      if (!line.isHeld(id)) watchdog.progress(id);
      return 'taken';
    },
    finish(id, message) {
      const breakAfter = breaking.get(id) ?? Number.POSITIVE_INFINITY;
      forget(id);
      line.advance();
      if (message.type === 'end' && message.finishReason === 'cancelled' && table.has(id)) {
        if (message.usage.completionTokens < breakAfter) return 'unasked';
      }
      return table.finish(id, message) ? 'taken' : 'dropped';
    },
    paused(id) {
      const sink = table.get(id);
      if (sink === undefined) return 'dropped';
      if (!pausing.delete(id)) return 'unasked';
      watchdog.forget(id);
      line.hold(id);
      sink.onPaused();
      return 'taken';
    },
    lose: (id, error) => table.lose(id, error),
    loseAll: (error) => table.loseAll(error),
  };
}
