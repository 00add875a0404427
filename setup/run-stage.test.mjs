import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTimeOf } from './process-identity.mjs';
import { runStage, stageEnvironment } from './run-stage.mjs';

const node = (code) => ({ command: process.execPath, args: ['-e', code], accepts: () => true });
const signal = new AbortController().signal;
const write = () => {};
test('a stage gives its exit code and, where it is looked at, its output', async () => {
  expect(await runStage({ stage: node('console.log(5); process.exit(3)'), signal, write })).toEqual({
    code: 3,
    output: '5\n',
  });
});

test('a stage whose command is absent has failed', async () => {
  expect((await runStage({ stage: { command: 'no-such-tool', args: [] }, signal, write })).code).toBe(1);
});

test('a stage past its limit is ended', async () => {
  const stage = { ...node('setInterval(() => {}, 1000)'), limitMs: 50 };
  expect((await runStage({ stage, signal, write })).code).toBe('SIGTERM');
});

test('an interruption ends a stage with everything that it started', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'set-up-stage-')), 'pid');
  const stage = node(`
    const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    require('fs').writeFileSync('${file}', String(child.pid)); setInterval(() => {}, 1000)`);
  const interruption = new AbortController();
  const running = runStage({ stage, signal: interruption.signal, write });
  await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 10_000 }).toMatch(/^\d+$/);
  interruption.abort();
  expect((await running).code).toBe('SIGTERM');
  await expect.poll(() => startTimeOf(Number(readFileSync(file, 'utf8'))), { timeout: 10_000 }).toBeUndefined();
});

test("a stage does not inherit the server's settings, but the interpreter's and the tests' own", () => {
  const inherited = { MLX_PORT: '1', MLX_PYTHON: 'python3', MLX_TEST_SEED: '7', PATH: '/bin' };
  expect(stageEnvironment(inherited)).toEqual({ MLX_PYTHON: 'python3', MLX_TEST_SEED: '7', PATH: '/bin' });
});
