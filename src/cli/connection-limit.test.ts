import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { connectionLimits, openFilesLimit } from './connection-limit.ts';

it.each([
  [128, { api: 16, admin: 16 }],
  [256, { api: 96, admin: 32 }],
  [1024, { api: 768, admin: 128 }],
  [20_000, { api: 18_848, admin: 1024 }],
])('of %i descriptors some are kept for workers and files', (openFiles, limits) => {
  expect(connectionLimits(openFiles)).toEqual(limits);
});

it('the limit is the one that the shell sees', () => {
  const shown = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  expect(openFilesLimit()).toBe(shown === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(shown));
});
