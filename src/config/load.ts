// argv flags, environment, file and machine facts → one frozen Config, or every problem at once. Pure.
import { parse as parseYaml } from 'yaml';
import type { Machine } from './machine.ts';
import type { Parse } from './parsers.ts';
import { fileKey, type SettingName, type SettingValues, settingNames, settings } from './settings.ts';

export interface Config extends SettingValues {
  /** Other names for models: alias → org/name. */
  readonly aliases: Readonly<Record<string, string>>;
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
  readonly file: { readonly name: string; readonly text: string } | null;
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
  const file = readFile(sources.file, problems);
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
  const config = Object.freeze({ ...(values as unknown as SettingValues), aliases: file.aliases });
  return { config, origins: origins as Record<SettingName, Origin> };
}

/** Addresses beyond loopback, which nobody has to show a key for. */
function openAddresses({ host, adminHost, allowUnauthenticated, apiKeys }: SettingValues): string[] {
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
  const parsed = text === null ? { problem: 'cannot be read' } : settings.apiKeys.parse(text);
  if ('value' in parsed) return [...(apiKeys ?? []), ...parsed.value];
  problems.push(`${settings.apiKeysFile.env} ${apiKeysFile} ${parsed.problem}`);
  return apiKeys;
}

function findCandidate(
  name: SettingName,
  { flags, env }: ConfigSources,
  file: ReadonlyMap<string, Candidate>,
): Candidate | undefined {
  const { flag, env: variable } = settings[name];
  const fromFlag = flag === null ? undefined : flags[flag];
  if (fromFlag !== undefined) return { origin: 'flag', label: flag!, raw: fromFlag };
  const fromEnv = variable === null ? undefined : env[variable];
  if (fromEnv !== undefined && fromEnv !== '') return { origin: 'environment', label: variable!, raw: fromEnv };
  return file.get(fileKey(name));
}

interface FileContent {
  readonly values: Map<string, Candidate>;
  readonly aliases: Readonly<Record<string, string>>;
}

function readFile(file: ConfigSources['file'], problems: string[]): FileContent {
  const values = new Map<string, Candidate>();
  const aliases: Record<string, string> = {};
  if (file === null) return { values, aliases };
  for (const [key, value] of Object.entries(parseDocument(file, problems))) {
    const label = `${file.name}: ${key}`;
    const name = settingNames.find((candidate) => fileKey(candidate) === key && candidate !== 'configFile');
    if (key === 'aliases') readAliases(value, label, aliases, problems);
    else if (name === undefined) problems.push(`${label} is no known setting`);
    else values.set(key, { origin: 'file', label, raw: rawText(value, settings[name]) });
  }
  return { values, aliases };
}

const rawText = (value: unknown, { separator = ':' }: { readonly separator?: string }): string =>
  Array.isArray(value) ? value.join(separator) : String(value);

function parseDocument(file: { name: string; text: string }, problems: string[]): Record<string, unknown> {
  try {
    const document: unknown = parseYaml(file.text) ?? {};
    if (typeof document === 'object' && !Array.isArray(document)) return document as Record<string, unknown>;
    problems.push(`${file.name} must hold settings as "key: value"`);
  } catch (error) {
    problems.push(
      `${file.name} is not YAML: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]}`,
    );
  }
  return {};
}

function readAliases(value: unknown, label: string, aliases: Record<string, string>, problems: string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`${label} must map names to models`);
    return;
  }
  for (const [alias, target] of Object.entries(value)) {
    if (typeof target !== 'string') problems.push(`${label}.${alias} must be a model name`);
    else if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/.test(alias)) problems.push(`${label}.${alias} is not a usable alias`);
    else aliases[alias] = target;
  }
}
