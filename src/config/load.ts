// argv flags, environment, file and machine facts → one frozen Config, or every problem at once. Pure.
import { type ConfigFile, type FileContent, readConfigFile } from './config-file.ts';
import type { Machine } from './machine.ts';
import type { SettingsByModel } from './model-settings.ts';
import type { Parse } from './parsers.ts';
import { type SettingName, type SettingValues, settingNames, settings } from './settings.ts';

export interface Config extends SettingValues {
  /** Other names for models: alias → org/name. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Settings of single models, by org/name. */
  readonly models: SettingsByModel;
}

/** Where each value came from, for `config print`. */
export type Origin = 'flag' | 'environment' | 'file' | 'default';

export type LoadedConfig =
  | { readonly config: Config; readonly origins: Readonly<Record<SettingName, Origin>> }
  | { readonly problems: readonly string[] };

export interface ConfigSources {
  /** Values by flag name (`--port`); repeated flags are joined with a colon. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file's text; null when there is none. */
  readonly file: ConfigFile | null;
  readonly machine: Machine;
  /** The text of a file that a setting names; null when it cannot be read. */
  readonly readText?: (path: string) => string | null;
}

interface Candidate {
  readonly origin: Origin;
  readonly label: string;
  readonly raw: string;
}

export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: string[] = [];
  const file = readConfigFile(sources.file, problems);
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of settingNames) {
    const candidate = findCandidate(name, sources, file.values);
    origins[name] = candidate?.origin ?? 'default';
    if (candidate === undefined) {
      values[name] = settings[name].fallback(sources.machine);
      continue;
    }
    const parsed = (settings[name].parse as Parse<unknown>)(candidate.raw);
    if ('value' in parsed) values[name] = parsed.value;
    else problems.push(`${candidate.label} ${parsed.problem}`);
  }
  values.apiKeys = withKeysOfFile(values as unknown as SettingValues, sources.readText, problems);
  if (problems.length === 0) problems.push(...openAddresses(values as unknown as SettingValues));
  if (problems.length > 0) return { problems };
  const config = Object.freeze({ ...(values as unknown as SettingValues), aliases: file.aliases, models: file.models });
  return { config, origins: origins as Record<SettingName, Origin> };
}

/** Addresses beyond loopback, which nobody has to show a key for: a problem each. */
export function openAddresses({
  host,
  adminHost,
  allowUnauthenticated,
  apiKeys,
}: Pick<SettingValues, 'host' | 'adminHost' | 'allowUnauthenticated' | 'apiKeys'>): string[] {
  if (allowUnauthenticated || apiKeys.length > 0) return [];
  return [host, adminHost]
    .filter((address) => !/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(address))
    .map((address) => `${address} is open to others without a key; set MLX_API_KEYS, or MLX_ALLOW_UNAUTHENTICATED=1`);
}

/** The keys of the setting and of the file that another one names. A file without keys is a mistake, never an open door. */
function withKeysOfFile(
  { apiKeys, apiKeysFile }: SettingValues,
  readText: ConfigSources['readText'],
  problems: string[],
): SettingValues['apiKeys'] {
  if (apiKeysFile === null || apiKeysFile === undefined) return apiKeys;
  const text = readText?.(apiKeysFile) ?? null;
  const parsed = text === null ? { problem: 'names a file that cannot be read' } : settings.apiKeys.parse(text);
  if ('value' in parsed) return [...(apiKeys ?? []), ...parsed.value];
  problems.push(`${settings.apiKeysFile.env} ${parsed.problem}`);
  return apiKeys;
}

function findCandidate(
  name: SettingName,
  { flags, env }: ConfigSources,
  file: FileContent['values'],
): Candidate | undefined {
  const { flag, env: variable } = settings[name];
  const fromFlag = flag === null ? undefined : flags[flag];
  if (fromFlag !== undefined) return { origin: 'flag', label: flag!, raw: fromFlag };
  const fromEnv = variable === null ? undefined : env[variable];
  if (fromEnv !== undefined && fromEnv !== '') return { origin: 'environment', label: variable!, raw: fromEnv };
  const fromFile = file.get(name);
  return fromFile === undefined ? undefined : { origin: 'file', ...fromFile };
}
