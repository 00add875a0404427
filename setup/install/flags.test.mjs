import { expect, test } from 'vitest';
import { parseFlags, usage } from './flags.mjs';

test('no flag installs and starts', () => {
  const flags = { yes: false, start: true, daemon: false, uninstall: false, withModels: false, help: false };
  expect(parseFlags([])).toEqual(flags);
  expect(parseFlags(['--yes', '--daemon'])).toEqual({ ...flags, yes: true, daemon: true });
  expect(parseFlags(['--uninstall', '--with-models'])).toEqual({ ...flags, uninstall: true, withModels: true });
});

test('flags that are unknown or mean nothing together are problems', () => {
  expect(parseFlags(['--yes', 'now'])).toEqual({ problem: 'install.sh takes no now' });
  for (const words of [
    ['--no-start', '--daemon'],
    ['--uninstall', '--daemon'],
    ['--uninstall', '--no-start'],
    ['--with-models'],
  ]) {
    expect(parseFlags(words).problem, words.join(' ')).toContain(words.at(-1));
  }
});

test('the help names every flag', () => {
  for (const flag of ['--yes', '--no-start', '--daemon', '--uninstall', '--with-models', '--help'])
    expect(usage).toContain(`  ${flag} `);
});
