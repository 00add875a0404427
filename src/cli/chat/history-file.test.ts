import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { maxHistory, openHistoryFile } from './history-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-history-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('keeps messages whole, each once, the newest first, for this user alone', () => {
  const path = join(folder, 'state', 'history.jsonl');
  const history = openHistoryFile(path);
  for (const text of ['one', 'two\nlines', 'one']) history.add(text);
  expect(openHistoryFile(path).read()).toEqual(['one', 'two\nlines']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('forgets the oldest, and never grows beyond a megabyte', () => {
  const path = join(folder, 'history.jsonl');
  const history = openHistoryFile(path);
  writeFileSync(path, Array.from({ length: maxHistory }, (_, index) => `"${index}"\n`).join(''));
  history.add('new');
  expect(history.read()).toHaveLength(maxHistory);
  expect(history.read().at(-1)).toBe('1');
  history.add('x'.repeat(900_000));
  history.add('y'.repeat(900_000));
  expect(readFileSync(path, 'utf8').length).toBeLessThan(1024 * 1024);
  expect(history.read()[0]).toMatch(/^y/);
});

it('is empty where there is no file, and silent where none can be written', () => {
  writeFileSync(join(folder, 'file'), '');
  const history = openHistoryFile(join(folder, 'file', 'history.jsonl'));
  history.add('lost');
  expect(history.read()).toEqual([]);
});
