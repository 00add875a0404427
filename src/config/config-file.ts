// The text of the configuration file → raw values by key, aliases, settings of models; every problem with its line.
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { parseModelId } from '../core/index.ts';
import { type FindPath, readModelSettings, type SettingsByModel } from './model-settings.ts';
import { fileKey, type SettingName, settingNames, settings } from './settings.ts';

export interface FileValue {
  /** Where it stands, for a problem with it. */
  readonly label: string;
  readonly raw: string;
}

export interface FileContent {
  readonly values: ReadonlyMap<SettingName, FileValue>;
  /** Other names for models: alias → org/name. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly models: SettingsByModel;
}

export interface ConfigFile {
  readonly name: string;
  readonly text: string;
  /** Absent: nothing that it names is there. */
  readonly findPath?: FindPath;
}

/** `file.yaml:3: path.to.key` */
type Place = (path: readonly string[]) => string;

const empty: FileContent = { values: new Map(), aliases: {}, models: {} };

export function readConfigFile(file: ConfigFile | null, problems: string[]): FileContent {
  const document = file === null ? undefined : parse(file, problems);
  if (document === undefined) return empty;
  const { value, place } = document;
  const values = new Map<SettingName, FileValue>();
  let aliases: Readonly<Record<string, string>> = {};
  let models: SettingsByModel = {};
  for (const [key, entry] of Object.entries(value)) {
    const name = settingNames.find((candidate) => fileKey(candidate) === key && candidate !== 'configFile');
    if (key === 'aliases') aliases = readAliases(entry, place, problems);
    else if (key === 'models') {
      const read = readModelSettings(entry, file?.findPath ?? (() => null));
      models = read.models;
      for (const { path, text } of read.problems) problems.push(`${place([key, ...path])} ${text}`);
    } else if (name === undefined) problems.push(`${place([key])} is no known setting`);
    else readValue(name, entry, place([key]), values, problems);
  }
  return { values, aliases, models };
}

function readValue(
  name: SettingName,
  entry: unknown,
  label: string,
  values: Map<SettingName, FileValue>,
  problems: string[],
): void {
  const { separator = ':' }: { readonly separator?: string } = settings[name];
  const isList = Array.isArray(entry);
  const parts: readonly unknown[] = isList ? entry : [entry];
  const takesList = settings[name].parse.schema.safeParse(['text']).success;
  if (entry === null) problems.push(`${label} has no value; leave the line out for the default`);
  else if (isList && !takesList) problems.push(`${label} takes one value, not a list`);
  else if (parts.some((part) => typeof part === 'object')) problems.push(`${label} takes a value, not a map`);
  else values.set(name, { label, raw: parts.join(separator) });
}

function parse(
  { name, text }: ConfigFile,
  problems: string[],
): { readonly value: object; readonly place: Place } | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  if (document.errors.length > 0) {
    for (const { message, pos } of document.errors)
      problems.push(`${name}:${lineAt(pos[0])}: is not YAML: ${message.split('\n')[0]!.replace(/ at line .*$/, '')}`);
    return undefined;
  }
  const place: Place = (path) => {
    const offset = offsetOf(document.contents, path);
    return `${name}:${offset === undefined ? '' : `${lineAt(offset)}:`} ${path.join('.')}`;
  };
  if (document.contents === null) return { value: {}, place };
  if (isMap(document.contents)) {
    try {
      return { value: document.toJS() as object, place };
    } catch (error) {
      problems.push(`${name} is not YAML: ${(error as Error).message}`); // An anchor that is not there, say.
      return undefined;
    }
  }
  problems.push(`${name} must hold settings as "key: value"`);
  return undefined;
}

/** Where the key at the end of `path` begins in the text. */
function offsetOf(root: Node | null, path: readonly string[]): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    if (pair === undefined) return offset;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

function readAliases(value: unknown, place: Place, problems: string[]): Readonly<Record<string, string>> {
  const aliases: Record<string, string> = {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`${place(['aliases'])} must map names to models`);
    return aliases;
  }
  for (const [alias, target] of Object.entries(value)) {
    const label = place(['aliases', alias]);
    if (typeof target !== 'string' || parseModelId(target) === undefined)
      problems.push(`${label} must be a model name: org/name or org/name:TAG`);
    else if (!aliasPattern.test(alias)) problems.push(`${label} is not a usable alias: letters, digits, ".", "_", "-"`);
    else if (alias === 'default') problems.push(`${label} is taken: the setting default_model says what it means`);
    else aliases[alias] = target;
  }
  return aliases;
}

const aliasPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
