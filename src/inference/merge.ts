// Several iterables as one, in order of arrival; used for the choices of one answer.
import { createEventQueue } from './event-queue.ts';

export interface Indexed<T> {
  readonly index: number;
  readonly event: T;
}

/**
 * Yields every event with the index of its source. Ends with the last source; throws with the first that fails. Of each
 * source one event waits to be read: how far it runs ahead is its own affair.
 */
export const mergeIndexed = <T>(sources: readonly AsyncIterable<T>[]): AsyncIterable<Indexed<T>> =>
  sources.length === 1 ? onlyOne(sources[0]!) : mergeSeveral(sources);

/** By hand: a generator would cost each token another round of promises. */
const onlyOne = <T>(source: AsyncIterable<T>): AsyncIterable<Indexed<T>> => ({
  [Symbol.asyncIterator]() {
    const iterator = source[Symbol.asyncIterator]();
    const indexed = ({ done, value }: IteratorResult<T, unknown>): IteratorResult<Indexed<T>> =>
      done === true ? { done, value: undefined } : { done: false, value: { index: 0, event: value as T } };
    return {
      next: () => iterator.next().then(indexed),
      return: async () => {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    };
  },
});

async function* mergeSeveral<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<Indexed<T>, void, undefined> {
  const queue = createEventQueue<Arrival<T> | 'source-ended'>();
  const waiting = new Set<(goesOn: boolean) => void>();
  let left = false;
  const forward = async (source: AsyncIterable<T>, index: number): Promise<void> => {
    for await (const event of source) {
      if (left || !(await wasRead(event, index))) return;
    }
  };
  const wasRead = (event: T, index: number): Promise<boolean> =>
    new Promise((resolve) => {
      waiting.add(resolve);
      const read = (): void => {
        waiting.delete(resolve);
        resolve(true);
      };
      queue.push({ index, event, read });
    });
  sources.forEach((source, index) => {
    forward(source, index).then(() => queue.push('source-ended'), queue.fail);
  });
  try {
    for (let open = sources.length; open > 0; ) {
      const next = await queue.next();
      if (next === 'source-ended') {
        open -= 1;
        continue;
      }
      const { index, event, read } = next;
      yield { index, event };
      read();
    }
  } finally {
    left = true;
    for (const resolve of waiting) resolve(false);
  }
}

interface Arrival<T> extends Indexed<T> {
  readonly read: () => void;
}
