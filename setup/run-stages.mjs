// Runs stages one after another, whatever fails, with their output as it comes, and counts what they report.
import { readFileSync } from 'node:fs';
import { runStage } from './run-stage.mjs';
import { countsOf } from './test-counts.mjs';
import { summaryLines } from './test-summary.mjs';

/** Sets the exit code: 0 only if every stage ran and passed. */
export async function runStages(stages) {
  const results = [];
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort());
  for (const stage of stages) {
    if (interruption.signal.aborted) break;
    process.stdout.write(`\n== ${stage.name}\n`);
    const startedMs = Date.now();
    const { code, output } = await runStage({ stage, signal: interruption.signal });
    const passed = code === 0 && (stage.accepts?.(output) ?? true);
    const counts = countsOf({ kind: stage.kind, report: readReport(stage.report), passed });
    results.push({ name: stage.name, counts, seconds: (Date.now() - startedMs) / 1000 });
    if (code === 0 && !passed) process.stdout.write(`${stage.name}: ended well, but checked nothing\n`);
  }
  process.stdout.write(`\n${summaryLines(results).join('\n')}\n`);
  const complete = results.length === stages.length;
  process.exitCode = complete && results.every(({ counts }) => counts.failed === 0) ? 0 : 1;
}

function readReport(path) {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
