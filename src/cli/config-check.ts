// config check: whether the configuration can be used, with every problem at once; config schema: what the file may hold.
import { configFileSchema, settingNames } from '../config/index.ts';
import { type Flags, readConfig } from './read-config.ts';

/** @throws CliFailure with exit code 2 and every problem, a line each. */
export function configCheck(flags: Flags, { json }: { readonly json: boolean }): string {
  const { config, origins } = readConfig(flags);
  const set = settingNames.filter((name) => origins[name] !== 'default').length;
  const counts = { set, aliases: Object.keys(config.aliases).length, models: Object.keys(config.models).length };
  if (json) return JSON.stringify({ ok: true, ...counts });
  return `The configuration can be used: ${set} settings, ${counts.aliases} aliases, settings of ${counts.models} models.`;
}

export const configSchema = (): string => JSON.stringify(configFileSchema(), null, 2);
