import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { identifyProcess } from './identify-process.ts';
import { parsePs } from './ps-process.ts';

const onLinux = it.runIf(process.platform === 'linux');

it('tells this process apart, twice the same', async () => {
  const first = await identifyProcess(process.pid);
  expect(first).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/\d/) });
  expect(await identifyProcess(process.pid)).toEqual(first);
});

it('finds no process behind a pid that is free or none', async () => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31 - 1]) expect(await identifyProcess(pid)).toBeUndefined();
});

onLinux('reads the mark and the group, and is not misled by the name of the program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-identity-'));
  const program = join(folder, 'a) Z 1 (');
  copyFileSync(execFileSync('which', ['sleep'], { encoding: 'utf8' }).trim(), program);
  const child = spawn(program, ['60'], { argv0: 'a title', env: { MLX_WORKER_MARK: 'm' }, detached: true });
  await once(child, 'spawn');
  const { startTime } = (await identifyProcess(process.pid))!;
  const found = await identifyProcess(child.pid!);
  expect(found).toMatchObject({ title: 'a title', mark: 'm', group: child.pid });
  expect(found!.startTime.split(':')[0]).toBe(startTime.split(':')[0]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(folder, { recursive: true });
});

onLinux('counts a zombie as gone', async () => {
  // The shell's child ends once sleep is there; and sleep, which the shell becomes, never asks for its status.
  const shell = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']);
  const [text] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(String(text));
  await expect.poll(() => identifyProcess(pid)).toBeUndefined();
  expect(() => process.kill(pid, 0)).not.toThrow(); // A zombie: it still takes signals.
  shell.kill('SIGKILL');
});

it('reads a line of ps', () => {
  const line = '  77 Ss   Mon Nov  3 09:04:05 2025 mlx-server-v3-abc --flag\n';
  const startTime = 'Mon Nov 3 09:04:05 2025';
  expect(parsePs(80, line)).toEqual({ pid: 80, startTime, group: 77, title: 'mlx-server-v3-abc', mark: undefined });
  expect(parsePs(80, line.replace('Ss', 'Z+'))).toBeUndefined();
  expect(parsePs(80, '')).toBeUndefined();
});

it.runIf(process.platform !== 'win32')('reads what the ps of this machine prints', async () => {
  const args = ['-ww', '-o', 'pgid=,stat=,lstart=,command=', '-p', String(process.pid)];
  const line = execFileSync('ps', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  expect(parsePs(process.pid, line)).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/\d{4}$/) });
});
