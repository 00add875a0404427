import { expect, test } from 'vitest';
import { askInterpreter, describeAbsence, findPython } from './find-python.mjs';

const python = (version, extra = {}) => ({ path: '/bin/python', version, pip: true, ensurepip: true, ...extra });
/** A machine with these interpreters on its PATH. */
const machine = (interpreters, env = {}) => findPython({ env, ask: (command) => interpreters[command] });

test('the first candidate that answers with a new enough version is taken', () => {
  const found = machine({ 'python3.13': undefined, 'python3.12': python([3, 12, 1]), python3: python([3, 11, 7]) });
  expect(found.version).toEqual([3, 12, 1]);
});

test('MLX_PYTHON goes first', () => {
  const interpreters = { '/opt/python': python([3, 11, 0]), 'python3.13': python([3, 13, 0]) };
  expect(machine(interpreters, { MLX_PYTHON: '/opt/python' }).version).toEqual([3, 11, 0]);
});

test('a Python without pip and ensurepip is passed over', () => {
  const bare = python([3, 13, 0], { pip: false, ensurepip: false });
  expect(machine({ 'python3.13': bare, python3: python([3, 11, 7]) }).version).toEqual([3, 11, 7]);
  expect(() => machine({ 'python3.13': bare })).toThrow('neither pip nor ensurepip');
});

test('what is missing is said in one line', () => {
  expect(describeAbsence([]).cause).toBe('Python 3.11 or newer is needed and no Python was found');
  expect(describeAbsence([python([3, 9, 2])]).cause).toBe('Python 3.11 or newer is needed and only 3.9.2 was found');
});

test('a command that is absent, fails or answers nonsense is no interpreter', () => {
  for (const command of ['no-such-python', 'false', 'true'])
    expect(askInterpreter(command, process.env)).toBeUndefined();
});
