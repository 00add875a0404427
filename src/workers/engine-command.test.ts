import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ServerError } from '../core/index.ts';
import { shippedEngines } from './engine-command.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function packageFolder(...executables: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'engines-'));
  folders.push(folder);
  for (const path of executables) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '');
    chmodSync(join(folder, path), 0o755);
  }
  return folder;
}

it.each([
  ['mlx-text', 'text'],
  ['mlx-vision', 'vision'],
])('%s runs its own module in its own environment, with a short list of variables', (engine, name) => {
  const folder = packageFolder(`.runtime/python/${name}/bin/python`);
  const engines = shippedEngines((path) => join(folder, path), { HOME: '/home/me', OPENAI_API_KEY: 'secret' });
  const { command, args, env } = engines(engine, 'org/model');
  expect(command).toBe(join(folder, `.runtime/python/${name}/bin/python`));
  expect(args).toEqual(['-m', `mlx_workers.${name}`]);
  expect(env).toEqual({
    HOME: '/home/me',
    MALLOC_MMAP_THRESHOLD_: '131072',
    MALLOC_TRIM_THRESHOLD_: '131072',
    PYTHONPATH: join(folder, 'python'),
    PYTHONUNBUFFERED: '1',
    PYTHONSAFEPATH: '1',
  });
});

it.each(['mlx-text', 'mlx-vision'])(
  '%s without its environment names the command that sets it up, and no path',
  (engine) => {
    const folder = packageFolder();
    const attempt = () => shippedEngines((path) => join(folder, path), {})(engine, 'org/model');
    expect(attempt).toThrow(ServerError);
    expect(attempt).toThrow(expect.objectContaining({ code: 'worker_start_failed' }));
    expect(attempt).toThrow(/run "mlx-inference-server setup"/);
    expect(attempt).not.toThrow(new RegExp(folder));
  },
);

it('an engine that is not shipped is model_unsupported', () => {
  expect(() => shippedEngines((path) => path, {})('other', 'org/model')).toThrow(
    expect.objectContaining({ code: 'model_unsupported' }),
  );
});
