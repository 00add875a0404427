// The installation from the first look to the summary. It ends at the first failure, tells the end of the server's log,
// and takes back what this run made; an interruption leaves what set-up finished and takes back the rest.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failureLines, SetupFailure } from '../failure.mjs';
import { models, root, runtime, stamps } from '../project.mjs';
import { carryOut, exitCodes, isCurrent } from '../set-up.mjs';
import { serving } from '../step-lists.mjs';
import { attempt } from './attempt.mjs';
import { canAsk, confirm, noTerminal } from './confirm.mjs';
import { openJournal } from './journal.mjs';
import { prerequisites } from './prerequisites.mjs';
import { createReport } from './report.mjs';
import { rollBack } from './roll-back.mjs';
import { serveAndCheck } from './serve-and-check.mjs';
import { loadProgram } from './server-program.mjs';
import { tellModels, tellServer } from './summary.mjs';

export const journalPath = join(runtime, 'install.json');

/** All that set-up makes; what is below a folder that is missing too goes with it. */
const made = [
  ...['node_modules', 'dist', '.runtime'].map((name) => join(root, name)),
  ...['uv', 'python/text', 'python/vision', 'build'].map((name) => join(runtime, name)),
  ...['smollm2-135m-instruct-gguf', 'smollm2-135m-instruct', 'shapes-vlm'].map((name) => join(models, 'starter', name)),
  ...serving.map(({ name }) => join(stamps, name)),
];

/** @returns {Promise<number>} the exit code */
export async function install({ yes, start, daemon }) {
  if (!yes && !canAsk()) return refuse(noTerminal, 2);
  const report = createReport({ stream: process.stdout, env: process.env });
  const interruption = new AbortController();
  const journal = openJournal(journalPath);
  if (journal.busyWith !== undefined) return refuse(`Another install.sh is at work here (pid ${journal.busyWith}).`, 1);
  const run = { report, journal, signal: interruption.signal };
  try {
    await takeBackLeftOver(run);
    report.heading('Before anything is installed');
    for (const { name, look } of prerequisites(serving)) {
      await attempt({ report, name, act: () => ({ detail: look() }) });
    }
    if (!yes && !(await confirm(`\nInstall into ${root}${start ? ' and start the server' : ''}?`)))
      return refuse('Nothing was done.', 1);
    await setUpHere(run);
    for (const name of Object.keys(exitCodes)) process.on(name, () => interruption.abort(name));
    const program = await loadProgram();
    const machine = program.readMachine();
    if (start) {
      const server = await serveAndCheck({ ...run, program, daemon });
      tellServer({ report, server });
    }
    tellModels({ report, program, machine });
    journal.complete();
    return 0;
  } catch (error) {
    return await giveUp({ ...run, error });
  }
}

const refuse = (text, exitCode) => {
  process.stderr.write(`${text}\n`);
  return exitCode;
};

/** A run that was killed could not take anything back itself. What its set-up finished is used. */
async function takeBackLeftOver({ report, journal }) {
  const entries = journal.leftOver.filter(({ kind, path }) => kind !== 'path' || !made.includes(path));
  if (entries.length > 0) {
    report.heading('An earlier run was killed');
    await rollBack({ entries, loadProgram, report });
  }
  journal.forget();
}

async function setUpHere({ report, journal }) {
  report.heading('Set-up');
  const pending = serving.filter((step) => !isCurrent(step)).length;
  const absent = made.filter((path) => !existsSync(path));
  if (absent.length > 0) journal.note(...absent.map((path) => ({ kind: 'path', path })));
  const startedMs = performance.now();
  const failed = await carryOut(serving);
  if (failed !== undefined) throw Object.assign(new Error('set-up'), { step: 'set-up', ...failed });
  const done =
    pending === 0 ? 'nothing was left to do' : `${pending} of ${serving.length} done in ${seconds(startedMs)}`;
  report.ok('Node packages, build', join(root, 'dist'));
  report.ok('Python environments', `text, vision in ${join(runtime, 'python')}`);
  report.ok('starter models', 'GGUF, MLX, vision');
  report.ok('steps', done);
}

const seconds = (startedMs) => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

/** Tells the failure and takes back what this run made. @returns {Promise<number>} the exit code */
async function giveUp({ report, journal, signal, error }) {
  const { step = 'installation', lines = linesOf({ step, error }), interrupted = signal.aborted } = error;
  if (interrupted) report.failed(step, 'interrupted; run the same command again: what set-up finished stays');
  else report.failed(step, `failed\n${lines.map((line) => `     ${line}`).join('\n')}`);
  const entries = interrupted ? journal.thisRun.filter(({ path }) => !made.includes(path)) : journal.thisRun;
  await rollBack({ entries, loadProgram, report });
  journal.forget();
  report.say(
    `\n${interrupted ? 'Interrupted.' : 'The installation failed. What was downloaded stays in the caches of npm, pip and uv.'}`,
  );
  return error.exitCode ?? (interrupted ? exitCodes[signal.reason] : 1);
}

/** The first line of a failure of set-up names the step, which the report has named already. */
function linesOf({ step, error }) {
  const known =
    error instanceof SetupFailure ? error : new SetupFailure({ cause: error.message, output: error.output });
  return failureLines({ step, error: known }).slice(1);
}
