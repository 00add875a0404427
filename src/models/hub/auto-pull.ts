// A catalogue that downloads what it lacks. Used where the operator asked for it.
import { parseModelId, ServerError } from '../../core/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { ModelIncompleteError } from '../whole-models.ts';
import type { Puller } from './puller.ts';

/** The download goes on when its client leaves: the next one will want it. */
export function withAutoPull(catalogue: Catalogue, puller: Puller): Catalogue {
  return {
    ...catalogue,
    async resolve(requested) {
      try {
        return await catalogue.resolve(requested);
      } catch (error) {
        const isAbsent =
          (error instanceof ServerError && error.code === 'model_not_found') ||
          (error instanceof ModelIncompleteError && error.fromHub);
        if (!isAbsent || requested === undefined || parseModelId(requested) === undefined) throw error;
        const signal = new AbortController().signal; // Nobody aborts it.
        await puller.pull(requested, { onProgress: () => {}, onWait: () => {}, signal });
        return catalogue.resolve(requested);
      }
    },
  };
}
