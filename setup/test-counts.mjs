// Counts of one stage from the report its runner left: { passed, failed, skipped }.

const nothing = { passed: 0, failed: 0, skipped: 0 };

/**
 * @param {{ kind: 'check' | 'vitest' | 'pytest', report?: string, passed: boolean }} stage `passed`: it ended with 0.
 * A runner that failed without naming a failed test (it could not start, or found no test) counts as one failure.
 */
export function countsOf({ kind, report, passed }) {
  if (kind === 'check') return { ...nothing, passed: Number(passed), failed: Number(!passed) };
  const counts = report === undefined ? nothing : readers[kind](report);
  if (!passed && counts.failed === 0) return { ...counts, failed: 1 };
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1 };
  return counts;
}

const readers = { vitest: fromVitest, pytest: fromJunit };

function fromVitest(report) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(report);
  const brokenFiles = testResults.filter((file) => file.status === 'failed' && !hasFailedTest(file)).length;
  return {
    passed: numPassedTests,
    failed: numFailedTests + brokenFiles,
    skipped: numPendingTests + (numTodoTests ?? 0),
  };
}

const hasFailedTest = (file) => file.assertionResults.some(({ status }) => status === 'failed');

function fromJunit(report) {
  const counts = { ...nothing };
  for (const [, attributes] of report.matchAll(/<testsuite\s([^>]*)>/g)) {
    const value = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
    const failed = value('failures') + value('errors');
    counts.failed += failed;
    counts.skipped += value('skipped');
    counts.passed += Math.max(0, value('tests') - failed - value('skipped'));
  }
  return counts;
}
