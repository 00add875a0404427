import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from './log.ts';
import { openLogFile } from './log-file.ts';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'mlx-log-')), 'deep', 'logs');
});
afterEach(() => rmSync(join(dir, '..', '..'), { recursive: true, force: true }));

const linesIn = (name: string): string[] =>
  existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8').split('\n').filter(Boolean) : [];

it('a log folder keeps a few files of bounded size, and no line is lost between them', async () => {
  const kept = (): string[] => ['server.log.2', 'server.log.1', 'server.log'].flatMap(linesIn);
  const log = openLogFile({ dir, maxBytes: 1000, keep: 2 });
  const all = Array.from({ length: 60 }, (_, index) => `line ${String(index).padStart(4, '0')} ${'x'.repeat(40)}`);
  for (const line of all) {
    log.write(`${line}\n`);
    await expect.poll(() => kept().at(-1), { interval: 1 }).toBe(line);
  }
  expect(readdirSync(dir).sort()).toEqual(['server.log', 'server.log.1', 'server.log.2']);
  expect(kept()).toEqual(all.slice(-kept().length));
  expect(kept().length).toBeGreaterThan(20);
  for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).size).toBeLessThan(1100);
});

it('a logger with a folder writes there, readable by its owner alone', async () => {
  const log = createLogger({ level: 'info', format: 'json', dir });
  log.info({ answer: 42 }, 'said');
  await expect
    .poll(() => linesIn('server.log').map((line) => JSON.parse(line)))
    .toMatchObject([{ answer: 42, msg: 'said' }]);
  expect(statSync(join(dir, 'server.log')).mode & 0o777).toBe(0o600);
});
