// What a new configuration changes in a server that runs: which settings at once, which at the next load, which not
// before a restart. Pure; decides nothing about requests.
import { isDeepStrictEqual } from 'node:util';
import { type Config, openAddresses } from './load.ts';
import type { ModelSettings, SettingsByModel } from './model-settings.ts';
import { fileKey, type SettingName, settingNames, settings } from './settings.ts';

export interface ReloadResult {
  /** Keys of the configuration file. */
  readonly changed: readonly string[];
  /** Changed for workers that start from now on; loaded ones keep theirs. */
  readonly atNextLoad: readonly string[];
  /** Different in the file, and as before until the server is started anew. */
  readonly atRestart: readonly string[];
}

export type ReloadPlan =
  | { readonly config: Config; readonly result: ReloadResult }
  | { readonly problems: readonly string[] };

/** `current` with what of `wanted` may change while the server runs. */
export function planReload(current: Config, wanted: Config): ReloadPlan {
  const taken: Record<string, unknown> = { aliases: wanted.aliases, models: wanted.models };
  const changed: string[] = [];
  const atNextLoad: string[] = [];
  const atRestart: string[] = [];
  for (const name of settingNames) {
    const { reload } = settings[name] as { readonly reload?: 'at once' | 'at the next load' };
    if (reload !== undefined) taken[name] = wanted[name];
    if (isSame(name, current, wanted)) continue;
    const list = reload === undefined ? atRestart : reload === 'at once' ? changed : atNextLoad;
    list.push(fileKey(name));
  }
  if (!isDeepStrictEqual(current.aliases, wanted.aliases)) changed.push('aliases');
  const differs = (what: (models: SettingsByModel) => object): boolean =>
    !isDeepStrictEqual(what(current.models), what(wanted.models));
  if (differs(livePart)) changed.push('models');
  for (const [name, key] of Object.entries(countAtNextLoad))
    if (differs((models) => valuesOf(models, name as LoadSetting))) atNextLoad.push(`models.${key}`);
  const config = Object.freeze({ ...current, ...taken });
  // The address in use stays as it is, so keys may not go with an address that only the file has left.
  const problems = openAddresses(config);
  return problems.length > 0 ? { problems } : { config, result: { changed, atNextLoad, atRestart } };
}

function isSame(name: SettingName, one: Config, other: Config): boolean {
  if (name === 'apiKeys') return isDeepStrictEqual(keysOf(one), keysOf(other));
  if (name === 'apiKey') return one.apiKey?.reveal() === other.apiKey?.reveal();
  return isDeepStrictEqual(one[name], other[name]);
}

const keysOf = ({ apiKeys }: Config): readonly string[] =>
  apiKeys.map(({ name, secret }) => `${name}:${secret.reveal()}`);

/** Settings of a model that its worker is told at the load, and their keys in the file. */
const countAtNextLoad = {
  contextLength: 'context_length',
  kvBits: 'kv_bits',
  draftModel: 'draft_model',
  adapter: 'adapter',
  promptCacheBytes: 'prompt_cache',
} as const satisfies Partial<Record<keyof ModelSettings, string>>;

type LoadSetting = keyof typeof countAtNextLoad;

const livePart = (models: SettingsByModel): object =>
  Object.fromEntries(
    Object.entries(models).map(([id, own]) => [
      id,
      Object.fromEntries(Object.entries(own).filter(([name]) => !Object.hasOwn(countAtNextLoad, name))),
    ]),
  );

const valuesOf = (models: SettingsByModel, name: LoadSetting): object =>
  Object.fromEntries(
    Object.entries(models).flatMap(([id, { [name]: value }]) => (value === undefined ? [] : [[id, value]])),
  );
