import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnFailure, spawnWorker } from './spawn-worker.ts';

it('a program that is not there is an error event, told without its path', async () => {
  const { child } = spawnWorker({ command: '/no/such/program', args: [], env: {} });
  const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  expect(spawnFailure(error)).toBe('its worker could not be started (ENOENT: no such file or directory)');
});

it('a start that Node refuses by a throw is an error event as well, with pipes to hold on to', async () => {
  const spawned = spawnWorker({ command: 'true', args: ['\0'], env: {} });
  expect(spawned.stdin.write('x')).toBe(true);
  const [error] = (await once(spawned.child, 'error')) as [NodeJS.ErrnoException];
  expect(spawnFailure(error)).toBe('its worker could not be started (ERR_INVALID_ARG_VALUE)');
});
