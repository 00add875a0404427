// Runs stages one after another, whatever fails, with their output as it comes, and counts what they report.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { root } from './project.mjs';
import { countsOf } from './test-counts.mjs';
import { summaryLines } from './test-summary.mjs';

/** Ends the process: with 0 only if every stage passed. */
export async function runStages(stages) {
  const results = [];
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort(name));
  for (const stage of stages) {
    if (interruption.signal.aborted) break;
    process.stdout.write(`\n== ${stage.name}\n`);
    const startedMs = Date.now();
    const { code, output } = await runStage(stage, interruption.signal);
    const passed = code === 0 && (stage.accepts?.(output) ?? true);
    const counts = countsOf({ kind: stage.kind, report: readReport(stage.report), passed });
    results.push({ name: stage.name, counts, seconds: (Date.now() - startedMs) / 1000 });
    if (code === 0 && !passed) process.stdout.write(`${stage.name}: ended well, but checked nothing\n`);
  }
  process.stdout.write(`\n${summaryLines(results).join('\n')}\n`);
  const complete = results.length === stages.length;
  process.exitCode = complete && results.every(({ counts }) => counts.failed === 0) ? 0 : 1;
}

/** A stage whose output is looked at is copied through; the others write to the terminal themselves. */
function runStage({ command, args, cwd, accepts, report }, signal) {
  if (report) {
    rmSync(report, { force: true }); // the report of an earlier run must not be counted
    mkdirSync(dirname(report), { recursive: true });
  }
  return new Promise((resolve) => {
    const stdio = ['ignore', accepts ? 'pipe' : 'inherit', 'inherit'];
    const child = spawn(command, args, { cwd: cwd ?? root, stdio, env: stageEnvironment() });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.once('error', (error) => {
      process.stdout.write(`${command} cannot be run (${error.code})\n`);
      resolve({ code: 1, output });
    });
    const end = () => child.kill(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', end);
      resolve({ code: code ?? killedBy, output });
    });
  });
}

/** Tests see the project's defaults, not this terminal's settings of the server. */
function stageEnvironment() {
  const own = Object.entries(process.env).filter(([name]) => !/^MLX_(?!PYTHON$|TEST_)/.test(name));
  return Object.fromEntries(own);
}

function readReport(path) {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
