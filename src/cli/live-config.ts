// The configuration of a server that runs: the one owner of what a reload may change. Whoever needs a value asks for it
// when he needs it, and keeps none.
import { type Config, planReload, type ReloadResult } from '../config/index.ts';
import { type EmitServerEvent, ServerError } from '../core/index.ts';

/** The configuration as it would be read now, or every problem with it. */
export type Reread = () => { readonly config: Config } | { readonly problems: readonly string[] };

export interface LiveConfig {
  readonly current: Config;
  /** Reads anew. @throws ServerError `invalid_request` with every problem; nothing has changed then. */
  reload(cause: string): ReloadResult;
}

export interface LiveConfigParts {
  readonly config: Config;
  readonly reread: Reread;
  readonly emit: EmitServerEvent;
  /** Called after each reload that took place, for those who cannot ask. */
  readonly onChange: (config: Config) => void;
}

const maxProblemCharacters = 3500;

export function createLiveConfig({ config, reread, emit, onChange }: LiveConfigParts): LiveConfig {
  let current = config;
  return {
    get current() {
      return current;
    },
    reload(cause) {
      const read = reread();
      const plan = 'problems' in read ? read : planReload(current, read.config);
      if ('problems' in plan) {
        emit({ type: 'config-refused', cause, problems: plan.problems });
        const problems = plan.problems.join('; ');
        const shown =
          problems.length > maxProblemCharacters ? `${problems.slice(0, maxProblemCharacters)} …` : problems;
        throw new ServerError('invalid_request', `The configuration cannot be used, and nothing has changed: ${shown}`);
      }
      current = plan.config;
      onChange(current);
      emit({ type: 'config-reloaded', cause, ...plan.result });
      return plan.result;
    },
  };
}
