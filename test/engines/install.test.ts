// install.sh for real: from a project that is set up to a server that was tried, again, failing, and away.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '../../src/workers/index.ts';
import { type InstallWorld, installWorld } from './install-world.ts';

let world: InstallWorld;
beforeEach(() => {
  world = installWorld();
});
afterEach(async () => {
  await world.run(['daemon', 'stop']);
  world.remove();
});

const addressOf = async (): Promise<{ running: boolean; pid: number; address: { api: string; pid: number } }> =>
  JSON.parse((await world.run(['daemon', 'status', '--json'])).stdout);

describe('install.sh', () => {
  it('ends with a server that was tried, leaves it alone when run again, and takes all of it away', async () => {
    const { code, stdout, stderr } = await world.install(['--yes']);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    const checks = [
      'system',
      'Node',
      'npm',
      'Python',
      'disk',
      'server',
      'text (llama.cpp)',
      'text (MLX)',
      'vision (MLX)',
    ];
    for (const name of [...checks, 'registry (kill -9)']) expect(stdout).toContain(`  ✓  ${name} `);
    expect(stdout).toContain('"a red circle" in');
    expect(stdout).toContain('bin/mlx-inference-server daemon stop');
    expect(stdout).not.toContain('\u001b');
    const first = await addressOf();
    expect((await fetch(`${first.address.api}/health`)).status).toBe(200);

    const again = await world.install(['--yes']);
    expect({ code: again.code, stderr: again.stderr }, again.stdout).toEqual({ code: 0, stderr: '' });
    expect(again.stdout).toContain('ran already');
    expect(again.stdout).toContain('  ✓  registry (kill -9) ');
    expect(await addressOf()).toEqual(first);

    const removed = await world.install(['--uninstall', '--yes']);
    expect(removed.code, removed.stderr).toBe(0);
    for (const { pid } of [first, first.address]) expect(await identifyProcess(pid)).toBeUndefined();
    for (const path of ['dist', 'node_modules', '.runtime/python', '.runtime/uv', '.runtime/install.json']) {
      expect(existsSync(join(world.clone, path)), path).toBe(false);
    }
    expect(existsSync(world.stateDir)).toBe(false);
    expect(existsSync(join(world.clone, '.runtime/models/starter/shapes-vlm/config.json'))).toBe(true);
  });

  it('stops at a check that fails, tells the log, and takes back what this run made and nothing else', async () => {
    world.breakWeights();
    const shapes = join(world.clone, '.runtime/models/starter/shapes-vlm');
    rmSync(shapes, { recursive: true }); // Set-up makes it again in no time: what is made is taken back.
    const { code, stdout } = await world.install(['--yes']);
    expect(code, stdout).toBe(1);
    expect(stdout).toMatch(/✗ {2}text \(llama\.cpp\) +failed\n +cause: starter\/smollm2-135m-instruct-gguf: /);
    expect(stdout).toContain('last lines of its output:');
    expect(stdout).toContain('worker-exited');
    expect(stdout).not.toContain('text (MLX)');
    for (const path of [shapes, world.stateDir]) expect(stdout).toContain(`taken back: ${path}`);
    expect(stdout).toContain('taken back: the server');
    for (const path of [shapes, world.stateDir]) expect(existsSync(path), path).toBe(false);
    for (const path of [
      'dist',
      'node_modules',
      '.runtime/python/text',
      '.runtime/models/starter/smollm2-135m-instruct',
    ]) {
      expect(existsSync(join(world.clone, path)), path).toBe(true);
    }
    expect(await addressOf()).toMatchObject({ running: false });
  });

  it('with --no-start sets up, and starts nothing', async () => {
    const { code, stdout } = await world.install(['--yes', '--no-start']);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('RAM tier');
    expect(stdout).not.toContain('Checks');
    expect(existsSync(world.stateDir)).toBe(false);
  });

  it('refuses wrong flags, an absent terminal and an old Node, having done nothing', async () => {
    for (const args of [['--fast'], ['--no-start', '--daemon'], ['--with-models'], ['--uninstall', '--daemon']]) {
      const { code, stdout, stderr } = await world.install(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('Usage: ./install.sh');
    }
    expect(await world.install([])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const bin = join(world.home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v18.20.4\n', { mode: 0o755 });
    const old = await world.install(['--yes'], { PATH: `${bin}:${process.env.PATH}` });
    expect(old).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Node 20.19 or newer is needed, and node is 18.20.4'),
    });
    const none = await world.install(['--yes'], { MLX_NODE: join(bin, 'absent') });
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('there is no') });
    expect(existsSync(join(world.clone, '.runtime/install.json'))).toBe(false);
  });
});
