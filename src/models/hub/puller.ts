// The downloads of this process: whoever asks for a model that is being downloaded joins in. One that nobody waits for any
// more is stopped; what has arrived stays.
import { type PullOptions, type PullProgress, type PullWatch, pullModel } from './pull.ts';

export interface Puller {
  /** Resolves once the model is in the cache. @throws as pullModel does */
  pull(model: string, watch: PullWatch): Promise<void>;
}

interface Running {
  readonly watches: Set<PullWatch>;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  last: PullProgress | undefined;
}

export function createPuller(options: PullOptions): Puller {
  const running = new Map<string, Running>();

  const start = (model: string): Running => {
    const watches = new Set<PullWatch>();
    const stop = new AbortController();
    const watch: PullWatch = {
      onProgress: (progress) => {
        pull.last = progress;
        for (const each of watches) each.onProgress(progress);
      },
      onWait: () => {
        for (const each of watches) each.onWait();
      },
      signal: stop.signal,
    };
    const done = pullModel(model, options, watch).finally(() => {
      if (running.get(model) === pull) running.delete(model);
    });
    const pull: Running = { watches, stop, done, last: undefined };
    running.set(model, pull);
    return pull;
  };

  return {
    async pull(model, watch) {
      watch.signal.throwIfAborted();
      const pull = running.get(model) ?? start(model);
      pull.watches.add(watch);
      if (pull.last !== undefined) watch.onProgress(pull.last);
      let leave = (): void => {};
      const left = new Promise<never>((_, reject) => {
        leave = () => {
          pull.watches.delete(watch);
          if (pull.watches.size === 0) {
            running.delete(model);
            pull.stop.abort(watch.signal.reason);
          }
          reject(watch.signal.reason);
        };
      });
      watch.signal.addEventListener('abort', leave, { once: true });
      try {
        await Promise.race([pull.done, left]);
      } finally {
        watch.signal.removeEventListener('abort', leave);
        pull.watches.delete(watch);
      }
    },
  };
}
