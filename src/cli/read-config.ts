// The configuration as a verb sees it: its flags, this process's environment, the file, this machine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, loadConfig, type Origin, readMachine, type SettingName } from '../config/index.ts';
import { CliFailure } from './failure.ts';

export type Flags = Readonly<Record<string, string | undefined>>;

export interface ReadConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/** @throws CliFailure with exit code 2 and every problem, a line each. */
export function readConfig(flags: Flags): ReadConfig {
  const machine = readMachine();
  const named = flags['--config'] ?? process.env.MLX_CONFIG;
  const path = named ?? join(machine.homeDir, '.config', 'mlx-inference-server', 'config.yaml');
  const text = readFile(path, named !== undefined);
  const file = text === null ? null : { name: path, text };
  const loaded = loadConfig({ flags, env: process.env, file, machine, readText: (name) => readOrNull(name) });
  if ('config' in loaded) return loaded;
  throw new CliFailure(
    `The configuration cannot be used:\n${loaded.problems.map((line) => `  ${line}`).join('\n')}`,
    2,
  );
}

function readFile(path: string, required: boolean): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return null;
    throw new CliFailure(`The configuration file ${path} cannot be read (${code}).`, 2);
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // Whoever asked says which file could not be read.
  }
}
