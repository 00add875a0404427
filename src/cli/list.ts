// list: the models on this machine.
import { composeCatalogue } from './compose-models.ts';
import { type Flags, readConfig } from './read-config.ts';
import { formatBytes, formatTable } from './table.ts';

export async function list(flags: Flags, { json }: { readonly json: boolean }): Promise<string> {
  const models = await composeCatalogue({ current: readConfig(flags).config }).list();
  if (json) {
    const rows = models.map(({ id, engine, weightBytes, createdSeconds }) => ({
      id,
      engine,
      weightBytes,
      createdSeconds,
    }));
    return JSON.stringify(rows, null, 2);
  }
  if (models.length === 0)
    return 'No models yet: npm start sets up the starters, --models-dir names a folder of yours.';
  const rows = models.map(({ id, engine, weightBytes }) => [id, engine, formatBytes(weightBytes)]);
  return formatTable(['MODEL', 'ENGINE', 'SIZE'], rows);
}

/** Names and aliases, one a line. */
export async function listNames(flags: Flags): Promise<string | undefined> {
  const { config } = readConfig(flags);
  const models = await composeCatalogue({ current: config }).list();
  return [...models.map(({ id }) => id), ...Object.keys(config.aliases)].join('\n') || undefined;
}
