// A catalogue that gives out only models of which every part is here: a worker is no messenger for what the files tell.
import { ServerError } from '../core/index.ts';
import type { Catalogue } from './catalogue.ts';
import { shortageOf } from './machine-shortage.ts';
import type { Model } from './model.ts';
import type { ReadReport } from './model-reports.ts';

/** Part of a model is here; the hub it came from has the rest, if it came from one. */
export class ModelIncompleteError extends ServerError {
  readonly fromHub: boolean;

  constructor(model: Model, missing: readonly string[]) {
    super('worker_start_failed', incompleteText(model, missing), { param: 'model' });
    this.fromHub = model.fromHub;
  }
}

const shown = 4;

/** What is missing of a model, and where it comes from. */
export function incompleteText({ id, fromHub }: Model, missing: readonly string[]): string {
  const more = missing.length > shown ? `, and ${missing.length - shown} more` : '';
  const remedy = fromHub ? `The rest comes with: mlxs pull ${id}` : 'Put whole files into its folder.';
  return `${id} is not all here: ${missing.slice(0, shown).join(', ')}${more}. ${remedy}`;
}

/** @throws ServerError `worker_start_failed` for a model that no worker could load */
export function withWholeModels(catalogue: Catalogue, reportOf: ReadReport): Catalogue {
  return {
    ...catalogue,
    async resolve(requested) {
      const model = await catalogue.resolve(requested);
      const missing = await missingOf(model, reportOf);
      if (missing.length > 0) throw new ModelIncompleteError(model, missing);
      return model;
    },
  };
}

async function missingOf(model: Model, reportOf: ReadReport): Promise<readonly string[]> {
  try {
    return (await reportOf(model)).missing;
  } catch (error) {
    // The machine is too short of something to look: the worker will see for itself.
    if (shortageOf(error) !== undefined) return [];
    if (!(error instanceof ServerError)) throw error;
    throw new ServerError('worker_start_failed', error.message, { param: 'model', cause: error });
  }
}
