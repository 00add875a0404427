// The configuration as a verb sees it: its flags, this process's environment, the file, this machine.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type Config,
  type LoadedConfig,
  loadConfig,
  type Origin,
  readMachine,
  type SettingName,
} from '../config/index.ts';
import { CliFailure } from './failure.ts';

export type Flags = Readonly<Record<string, string | undefined>>;

export interface ReadConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/** @throws CliFailure with exit code 2 and every problem, a line each. */
export function readConfig(flags: Flags): ReadConfig {
  const loaded = tryReadConfig(flags);
  if ('config' in loaded) return loaded;
  throw new CliFailure(
    `The configuration cannot be used:\n${loaded.problems.map((line) => `  ${line}`).join('\n')}`,
    2,
  );
}

/**
 * The configuration as it would be read now, for a server that goes on where there are problems. What is said of the file
 * may go to a client, so it is called by its name without the folder. A file that was there at the start must be there
 * still: an editor may be replacing it just now, and its keys are not to be dropped for that.
 */
export function rereader(flags: Flags): () => LoadedConfig {
  const { path } = filePath(flags);
  const required = existsSync(path);
  return () => tryReadConfig(flags, { required, shown: basename(path) });
}

function filePath(flags: Flags): { readonly path: string; readonly named: boolean } {
  const named = flags['--config'] ?? (process.env.MLX_CONFIG || undefined);
  const usual = join(readMachine().homeDir, '.config', 'mlx-inference-server', 'config.yaml');
  return { path: named ?? usual, named: named !== undefined };
}

function tryReadConfig(flags: Flags, again?: { readonly required: boolean; readonly shown: string }): LoadedConfig {
  const machine = readMachine();
  const { path, named } = filePath(flags);
  const text = readFile(path, { required: named || again?.required === true, shown: again?.shown ?? path });
  if (typeof text === 'object' && text !== null) return text;
  const findPath = (named: string): string | null => {
    const found = resolve(dirname(path), named);
    return existsSync(found) ? found : null;
  };
  const file = text === null ? null : { name: again?.shown ?? path, text, findPath };
  return loadConfig({ flags, env: process.env, file, machine, readText: (name) => readOrNull(name) });
}

function readFile(
  path: string,
  { required, shown }: { readonly required: boolean; readonly shown: string },
): string | null | { readonly problems: readonly string[] } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return null;
    return { problems: [`The configuration file ${shown} cannot be read (${code}).`] };
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // Whoever asked says which file could not be read.
  }
}

/** Where chats keep what was typed in them: in the folder for the state of this user's programs. */
export const chatHistoryPath = (): string => {
  const own = process.env.XDG_STATE_HOME;
  const folder = own?.startsWith('/') ? own : join(readMachine().homeDir, '.local', 'state');
  return join(folder, 'mlx-inference-server', 'chat-history.jsonl');
};
