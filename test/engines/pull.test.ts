// A real model file from a hub on loopback: by the command line, found in the cache by the hub library of Python, deleted.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HubDouble, startHubDouble } from '../fixtures/hub/hub-double.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const starter = root('.runtime/models/starter/smollm2-135m-instruct-gguf');
const run = promisify(execFile);

let hub: HubDouble;
let home: string;
beforeAll(async () => {
  const file = readdirSync(starter).find((name) => name.endsWith('.gguf'))!;
  hub = await startHubDouble({ 'SmolLM2-Q4_1.gguf': readFileSync(join(starter, file)), 'README.md': Buffer.from('x') });
  home = mkdtempSync(join(tmpdir(), 'mlx-pull-'));
});
afterAll(async () => {
  await hub.close();
  rmSync(home, { recursive: true, force: true });
});

const mlxs = (...args: string[]) =>
  run(root('bin/mlx-inference-server'), args, {
    env: { PATH: process.env.PATH, HOME: home, HF_HOME: join(home, 'hf'), HF_ENDPOINT: hub.endpoint },
  });

it('a pulled model is listed, found by the hub library of Python, and gone after rm', async () => {
  const { stdout, stderr } = await mlxs('pull', 'org/smol:Q4_1');
  expect(stdout).toBe('org/smol:Q4_1 is on this machine.\n');
  expect(stderr).toMatch(/1 file {2}.* 100 %/);
  expect((await mlxs('list')).stdout).toContain('org/smol');
  const script = 'from huggingface_hub import hf_hub_download as d; print(d("org/smol", "SmolLM2-Q4_1.gguf"))';
  const env = { PATH: process.env.PATH, HF_HOME: join(home, 'hf'), HF_HUB_OFFLINE: '1' };
  const found = await run(root('.runtime/python/text/bin/python'), ['-c', script], { env });
  expect(
    readFileSync(found.stdout.trim()).equals(
      readFileSync(join(starter, readdirSync(starter).find((name) => name.endsWith('.gguf'))!)),
    ),
  ).toBe(true);
  expect((await mlxs('rm', 'org/smol:Q4_1')).stdout).toMatch(/^removed org\/smol:Q4_1 \(\d/);
  expect((await mlxs('list')).stdout).not.toContain('org/smol');
  await expect(mlxs('rm', 'org/smol')).resolves.toBeDefined();
  await expect(mlxs('rm', 'org/smol')).rejects.toMatchObject({ code: 1 });
});
