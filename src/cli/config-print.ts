// config print: every setting as it would be used, and where it comes from.
import { type ApiKey, settingNames, settings } from '../config/index.ts';
import { type Flags, readConfig } from './read-config.ts';
import { formatTable } from './table.ts';

export function configPrint(flags: Flags, { json }: { readonly json: boolean }): string {
  const { config, origins } = readConfig(flags);
  if (json) return JSON.stringify(config, null, 2);
  const rows = settingNames.map((name) => {
    const value: unknown = config[name];
    return [name, shown(value), origins[name], settings[name].env ?? '-'];
  });
  const aliases = Object.entries(config.aliases).map(([alias, target]) => [`alias ${alias}`, target, 'file', '-']);
  const models = Object.entries(config.models).map(([id, own]) => [`model ${id}`, JSON.stringify(own), 'file', '-']);
  return formatTable(['SETTING', 'VALUE', 'FROM', 'VARIABLE'], [...rows, ...aliases, ...models]);
}

/** Lists as the environment would hold them; a key as its name, for its text is a Secret that shows no more than that. */
const shown = (value: unknown): string =>
  Array.isArray(value) ? value.map(entryText).join(', ') || '-' : String(value ?? '-');

const entryText = (entry: string | ApiKey): string =>
  typeof entry === 'string' ? entry : `${entry.name}:${entry.secret}`;
