import { expect, test } from 'vitest';
import { platformProblem } from './node-version.mjs';

test.each(['18.20.1', '20.18.3', '19.9.0'])('Node %s is refused in one line', (version) => {
  const problem = platformProblem({ version, platform: 'linux' });
  expect(problem).toContain(`20.19 or newer is needed, this is ${version}`);
  expect(problem).not.toContain('\n');
});

test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('Node %s is accepted', (version) => {
  expect(platformProblem({ version, platform: 'darwin' })).toBeUndefined();
});

test('Windows is sent to WSL', () => {
  expect(platformProblem({ version: '22.0.0', platform: 'win32' })).toContain('WSL 2');
});
