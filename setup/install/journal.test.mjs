import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal } from './journal.mjs';
import { createReport } from './report.mjs';
import { rollBack } from './roll-back.mjs';

let folder;
let path;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-journal-'));
  path = join(folder, 'runtime/install.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name) => ({ kind: 'path', path: join(folder, name) });

test('a run that ended well is on record once, however often it is repeated', () => {
  for (const _ of [1, 2]) {
    const journal = openJournal(path);
    journal.note(file('a'), { kind: 'server', stateDir: '/state' });
    journal.complete();
  }
  expect(openJournal(path).installed).toEqual([file('a'), { kind: 'server', stateDir: '/state' }]);
  expect(openJournal(path).leftOver).toEqual([]);
});

test('what a killed run made is found by the next, and forgotten once it is taken back', () => {
  openJournal(path, { pid: process.pid, startTime: 'another' }).note(file('a'));
  const next = openJournal(path);
  expect(next).toMatchObject({ leftOver: [file('a')], busyWith: undefined });
  next.forget();
  expect(existsSync(path)).toBe(false);
});

test('a run that is at work is told from one that was killed', () => {
  openJournal(path).note(file('a'));
  expect(openJournal(path).busyWith).toBe(process.pid);
});

test('what was taken back before the end is not on record', () => {
  const journal = openJournal(path);
  journal.note(file('a'), file('b'));
  journal.keepFirst(1);
  journal.complete();
  expect(openJournal(path).installed).toEqual([file('a')]);
});

test('a damaged journal says that nothing is ours', () => {
  mkdirSync(join(folder, 'runtime'));
  writeFileSync(path, '{');
  expect(openJournal(path)).toMatchObject({ installed: [], leftOver: [] });
});

const told = () => {
  const lines = [];
  const stream = { isTTY: false, write: (text) => lines.push(text) };
  return { lines, report: createReport({ stream, env: {} }) };
};

test('the latest is taken back first; what cannot be is told, and the rest is', async () => {
  const done = [];
  const program = {
    servicePath: () => folder,
    uninstallService: () => done.push('service'),
    stop: async (flags) => {
      done.push(flags);
      throw new Error('it does not end');
    },
  };
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  const { lines, report } = told();
  const entries = [file('a'), file('never-made'), { kind: 'server', stateDir: '/state' }, { kind: 'service' }];
  await rollBack({ entries, loadProgram: async () => program, report });
  expect(done).toEqual(['service', { '--state-dir': '/state' }]);
  expect(existsSync(join(folder, 'a'))).toBe(false);
  expect(lines.join('')).toMatch(
    /taken back: the service\n.*not taken back: server \(it does not end\)\n.*taken back: \S+\/a\n$/,
  );
});

test('lines are coloured on a terminal that wants colours only', () => {
  const written = (isTTY, env) => {
    let text = '';
    createReport({ stream: { isTTY, write: (part) => (text += part) }, env }).ok('Node', '20');
    return text.includes('\x1b[');
  };
  expect(written(true, {})).toBe(true);
  expect([written(false, {}), written(true, { NO_COLOR: '1' }), written(true, { TERM: 'dumb' })]).toEqual([
    false,
    false,
    false,
  ]);
});
