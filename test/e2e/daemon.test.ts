// The built command line keeps a server in the background: real processes, real signals.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemdUnit } from '../../src/cli/daemon/service-files.ts';
import { identifyProcess } from '../../src/workers/index.ts';
import { jsonOf, until } from './test-server.ts';

const program = fileURLToPath(new URL('../../bin/mlx-inference-server', import.meta.url));

let home: string;
const daemon = async (...args: string[]): Promise<string> => {
  const ports = ['start', 'restart', 'install'].includes(args[0]!) ? ['--port', '0', '--admin-port', '0'] : [];
  const env = { PATH: process.env.PATH, HOME: home, MLX_STATE_DIR: join(home, 'state') };
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'daemon', ...args, ...ports], { env });
  return stdout;
};
const status = async (): Promise<{ running: boolean; pid: number; address: { api: string; pid: number } | null }> =>
  JSON.parse(await daemon('status', '--json'));

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mlx-daemon-'));
});
afterEach(async () => {
  await daemon('stop');
  rmSync(home, { recursive: true, force: true });
});

describe('the server in the background', () => {
  it('starts once, answers, starts again after a crash, and is gone after stop', async () => {
    const { api, pid } = JSON.parse(await daemon('start', '--json')) as { api: string; pid: number };
    expect(await jsonOf(fetch(`${api}/health`))).toMatchObject({ status: 'ok' });
    await expect(daemon('start')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('already') });
    const { pid: keeper } = await status();
    process.kill(pid, 'SIGKILL');
    await until(async () => ![pid, undefined].includes((await status()).address?.pid), 30_000);
    const again = await status();
    expect(again).toMatchObject({ running: true, pid: keeper });
    expect((await fetch(`${again.address!.api}/health`)).status).toBe(200);
    expect(await daemon('logs', '5')).toContain('listening');
    expect(await daemon('stop')).toBe('stopped\n');
    for (const ended of [keeper, again.address!.pid]) expect(await identifyProcess(ended)).toBeUndefined();
    expect(await status()).toMatchObject({ running: false, address: null });
  });

  it('is not taken to run after its keeper was killed, and ends by itself', async () => {
    await daemon('start');
    const { pid, address } = await status();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await identifyProcess(pid)) === undefined);
    expect(await status()).toMatchObject({ running: false });
    await until(async () => (await identifyProcess(address!.pid)) === undefined);
  });

  it('that cannot start says why', async () => {
    const env = { PATH: process.env.PATH, HOME: home, MLX_STATE_DIR: join(home, 'state'), MLX_QUEUE_MAX_DEPTH: 'many' };
    const started = promisify(execFile)(process.execPath, [program, 'daemon', 'start'], { env });
    await expect(started).rejects.toMatchObject({ stderr: expect.stringContaining('MLX_QUEUE_MAX_DEPTH') });
    expect((await status()).running).toBe(false);
  });
});

describe('a service', () => {
  it('of systemd is one that systemd itself accepts', async () => {
    const path = join(home, '.config/systemd/user/mlx-inference-server.service');
    await daemon('install');
    const unit = readFileSync(path, 'utf8');
    expect(unit).toContain(`Environment="MLX_LOG_DIR=${join(home, 'state', 'log')}"`);
    const verify = promisify(execFile)('systemd-analyze', ['verify', '--user', path], {
      env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home },
    });
    const outcome = await verify.catch((error: { code?: unknown; stderr?: string }) => error);
    // Where there is no systemd-analyze, the unit's text is all that can be looked at.
    if ('code' in outcome && outcome.code !== 'ENOENT') expect(outcome.stderr).toBe('');
    await daemon('uninstall');
    expect(existsSync(path)).toBe(false);
    const line = ['/opt/a b/node', 'serve', '100%', '"$x"'];
    const text = systemdUnit({ line, env: {}, workingDirectory: '/opt/a b', stopSeconds: 75 });
    expect(text).toContain('ExecStart="/opt/a b/node" "serve" "100%%" "\\"$$x\\""\n');
  });
});
