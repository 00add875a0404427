// Tab in a chat: commands, and what stands behind them. Nothing in a message.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { homePath } from '../image-file.ts';
import { chatCommands, settable } from './commands.ts';

/** What could stand there, and how much of it is typed. */
export type Completions = [string[], string];

export async function complete(line: string, models: () => Promise<readonly string[]>): Promise<Completions> {
  const [, name = '', word] = /^(\/\S*)(?:\s+(\S*))?$/s.exec(line) ?? [];
  if (name === '') return [[], line];
  if (word === undefined)
    return among(
      chatCommands.map((command) => `${command.name} `),
      name,
    );
  const completes = chatCommands.find((command) => command.name === name)?.completes;
  if (completes === 'model') return among(await models().catch(() => []), word);
  if (completes === 'option') return among(settable, word);
  return completes === 'file' ? await files(word) : [[], word];
}

const among = (names: readonly string[], word: string): Completions => [
  names.filter((name) => name.startsWith(word)),
  word,
];

async function files(word: string): Promise<Completions> {
  const folder = word.endsWith('/') ? word : dirname(word);
  const begun = word.endsWith('/') ? '' : basename(word);
  const entries = await readdir(homePath(folder), { withFileTypes: true }).catch(() => []);
  const shown = word.includes('/') ? folder : '';
  const paths = entries
    .filter(({ name }) => name.startsWith(begun) && (begun !== '' || !name.startsWith('.')))
    .map((entry) => join(shown, entry.name) + (entry.isDirectory() ? '/' : ''));
  return [paths, word];
}
