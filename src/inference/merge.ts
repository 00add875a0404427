// Several iterables as one, in order of arrival; used for the choices of one answer.
import { createEventQueue } from './event-queue.ts';

export interface Indexed<T> {
  readonly index: number;
  readonly event: T;
}

/** Yields every event with the index of its source. Ends with the last source; throws with the first that fails. */
export async function* mergeIndexed<T>(
  sources: readonly AsyncIterable<T>[],
): AsyncGenerator<Indexed<T>, void, undefined> {
  if (sources.length === 1) {
    for await (const event of sources[0]!) yield { index: 0, event };
    return;
  }
  const queue = createEventQueue<Indexed<T> | 'source-ended'>();
  sources.forEach((source, index) => {
    forward(source, (event) => queue.push({ index, event })).then(() => queue.push('source-ended'), queue.fail);
  });
  let open = sources.length;
  while (open > 0) {
    const next = await queue.next();
    if (next === 'source-ended') open -= 1;
    else yield next;
  }
}

async function forward<T>(source: AsyncIterable<T>, push: (event: T) => void): Promise<void> {
  for await (const event of source) push(event);
}
