// The table at the end of a test run, and its last line, which CI reads: `123 passed, 0 failed`.

/** @param {{ name: string, counts: { passed: number, failed: number, skipped: number }, seconds: number }[]} results */
export function summaryLines(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  const rows = results.map(({ name, counts, seconds }) => {
    const result = counts.failed > 0 ? 'FAILED' : 'passed';
    return `${name.padEnd(width)}  ${result}  ${seconds.toFixed(1).padStart(6)} s  ${inWords(counts)}`;
  });
  const sum = (key) => results.reduce((total, { counts }) => total + counts[key], 0);
  return [...rows, '', inWords({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') })];
}

function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
