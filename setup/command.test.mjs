import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from './command.mjs';

const folder = mkdtempSync(join(tmpdir(), 'set-up-command-'));
const options = { command: process.execPath, env: process.env, cwd: folder, pauseMs: 1 };
const run = (code, signal = new AbortController().signal) => runCommand({ ...options, args: ['-e', code], signal });
/** A program that fails in the given way, and notes each time that it was started. */
const failing = (file, message) =>
  run(`require('fs').appendFileSync('${file}', '.'); console.error('${message}'); process.exit(1)`);

test('a command that ends well gives what it printed', async () => {
  const printed = await run('console.log("out"); console.error("err")');
  expect(printed.split('\n').sort()).toEqual(['', 'err', 'out']);
});

test('a download that broke off is tried three times', async () => {
  await expect(failing('broken', 'ECONNRESET')).rejects.toThrow('the download broke off');
  expect(readFileSync(join(folder, 'broken'), 'utf8')).toBe('...');
});

test('any other failure is not tried again', async () => {
  await expect(failing('hash', 'EINTEGRITY')).rejects.toThrow('not what this project locked');
  expect(readFileSync(join(folder, 'hash'), 'utf8')).toBe('.');
});

test('a command that is not there is named', async () => {
  const signal = new AbortController().signal;
  await expect(runCommand({ ...options, command: 'no-such-tool', args: [], signal })).rejects.toThrow(
    'no-such-tool cannot be run (ENOENT)',
  );
});

test('an interruption ends the command and is passed on only when it is gone', async () => {
  const interruption = new AbortController();
  const running = run('setInterval(() => {}, 1000)', interruption.signal);
  interruption.abort('SIGINT');
  await expect(running).rejects.toBe('SIGINT');
});
