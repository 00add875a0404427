import { expect, test } from 'vitest';
import { countsOf } from './test-counts.mjs';
import { summaryLines } from './test-summary.mjs';

const vitestReport = (counts, testResults = []) =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults, ...counts });

test('a check counts as one', () => {
  expect(countsOf({ kind: 'check', passed: true })).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(countsOf({ kind: 'check', passed: false })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("vitest's report is counted test by test, a file that could not be loaded as one failure", () => {
  const broken = { status: 'failed', assertionResults: [] };
  const report = vitestReport({ numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }, [broken]);
  expect(countsOf({ kind: 'vitest', report, passed: false })).toEqual({ passed: 7, failed: 2, skipped: 3 });
});

test("pytest's report counts errors as failures", () => {
  const report =
    '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1"></testsuite>';
  expect(countsOf({ kind: 'pytest', report, passed: false })).toEqual({ passed: 4, failed: 3, skipped: 3 });
});

test('a runner that leaves no report, runs nothing or fails without a failed test counts as a failure', () => {
  expect(countsOf({ kind: 'vitest', passed: true }).failed).toBe(1);
  expect(countsOf({ kind: 'vitest', report: vitestReport({}), passed: true }).failed).toBe(1);
  expect(countsOf({ kind: 'vitest', report: vitestReport({ numPassedTests: 3 }), passed: false })).toEqual({
    passed: 3,
    failed: 1,
    skipped: 0,
  });
});

test('the last line of a run is the sum that CI reads', () => {
  const results = [
    { name: 'types', counts: { passed: 1, failed: 0, skipped: 0 }, seconds: 2 },
    { name: 'unit tests', counts: { passed: 20, failed: 2, skipped: 0 }, seconds: 10.25 },
  ];
  expect(summaryLines(results)).toEqual([
    'types       passed     2.0 s  1 passed, 0 failed',
    'unit tests  FAILED    10.3 s  20 passed, 2 failed',
    '',
    '21 passed, 2 failed',
  ]);
  const skipped = [{ name: 'e2e', counts: { passed: 1, failed: 0, skipped: 4 }, seconds: 1 }];
  expect(summaryLines(skipped).at(-1)).toBe('1 passed, 0 failed, 4 skipped');
});
