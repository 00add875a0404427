// Events of one sequence between the worker's frames and whoever reads them. One reader; ends with an end or an error.

export interface EventQueue<T, Read = T> {
  push(event: T): void;
  /** The newest event that waits to be read. */
  readonly last: T | undefined;
  fail(error: unknown): void;
  /** The next event; rejects with the failure once everything before it was read. */
  next(): Promise<Read>;
}

const maxReadKept = 16;

export function createEventQueue<T>(): EventQueue<T>;
/** `onRead` makes of an event what its reader gets. */
export function createEventQueue<T, Read>(onRead: (event: T) => Read): EventQueue<T, Read>;
export function createEventQueue<T>(onRead: (event: T) => unknown = (event) => event): EventQueue<T, unknown> {
  let events: T[] = [];
  /** Events at the front that were read; let go of in lots. */
  let read = 0;
  let failure: { readonly error: unknown } | undefined;
  let waiting: { resolve: (event: unknown) => void; reject: (error: unknown) => void } | undefined;

  return {
    push(event) {
      if (waiting === undefined) {
        events.push(event);
        return;
      }
      const { resolve } = waiting;
      waiting = undefined;
      resolve(onRead(event));
    },
    get last() {
      return events.at(-1);
    },
    fail(error) {
      failure ??= { error };
      waiting?.reject(error);
      waiting = undefined;
    },
    next() {
      if (read < events.length) {
        const event = events[read]!;
        read += 1;
        if (read === events.length || read === maxReadKept) {
          events = events.slice(read);
          read = 0;
        }
        return Promise.resolve(onRead(event));
      }
      if (failure !== undefined) return Promise.reject(failure.error);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
  };
}
