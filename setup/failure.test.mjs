import { expect, test } from 'vitest';
import { failureLines, SetupFailure } from './failure.mjs';

test('a failure shows its step, cause, the last 15 lines of output and a hint', () => {
  const output = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
  const lines = failureLines({ step: 'uv', error: new SetupFailure({ cause: 'broken', hint: 'mend it', output }) });
  expect(lines.slice(0, 2)).toEqual(['set-up failed at: uv', '  cause: broken']);
  expect(lines.filter((line) => line.startsWith('    line'))).toHaveLength(15);
  expect(lines.at(-2)).toBe('    line 39');
  expect(lines.at(-1)).toBe('  what to do: mend it');
});

test('an unforeseen error becomes one line without a stack', () => {
  const lines = failureLines({ step: 'build', error: new TypeError('x is not a function') });
  expect(lines).toEqual(['set-up failed at: build', '  cause: x is not a function']);
});

test("an error of the file system is explained by Node's code", () => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(failureLines({ step: 'build', error })[1]).toBe('  cause: the disk is full');
});
