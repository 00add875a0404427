// Carries out steps: those that are current are skipped at once, the rest run one after another under a lock,
// with progress. Ctrl-C at any moment is safe: run again, and it goes on with the step it was at.
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { causeWithDisk, requireDiskSpace } from './disk-space.mjs';
import { toolEnvironment } from './environment.mjs';
import { failureLines, SetupFailure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { createProgress } from './progress.mjs';
import { root, runtime, unfinished } from './project.mjs';
import { readStamp, removeStamp, writeStamp } from './stamp.mjs';

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/**
 * Returns when all is current; ends the process if a step fails or the user interrupts.
 * A step: { name, title, size?, megabytes, hash(): of its inputs, isPresent(): its result, run({ env, signal }) }.
 */
export async function setUp(steps) {
  const position = { step: 'preparation' };
  const interruption = new AbortController();
  const interrupt = (name) => interruption.abort(name);
  for (const name of Object.keys(exitCodes)) process.on(name, interrupt);
  try {
    if (steps.every(isCurrent)) return;
    requireWritable();
    await runUnderLock({ steps, position, signal: interruption.signal });
  } catch (error) {
    const { aborted, reason } = interruption.signal;
    const interrupted = ['set-up interrupted; run the same command again and it goes on from here'];
    const failed = () => failureLines({ step: position.step, error: causeWithDisk({ error, folder: root }) });
    const lines = aborted ? interrupted : failed();
    process.stderr.write(`${lines.join('\n')}\n`);
    process.exit(aborted ? exitCodes[reason] : 1);
  } finally {
    for (const name of Object.keys(exitCodes)) process.off(name, interrupt);
  }
}

async function runUnderLock({ steps, position, signal }) {
  const progress = createProgress({ stream: process.stderr, total: steps.length });
  await withLock({
    path: join(runtime, 'set-up.lock'),
    signal,
    onWait: (pid) => progress.say(`another set-up is at work here (pid ${pid}); waiting for it`),
    act: async () => {
      rmSync(unfinished, { recursive: true, force: true });
      const pending = steps.filter((step) => !isCurrent(step));
      requireDiskSpace({ folder: root, neededMegabytes: pending.reduce((sum, step) => sum + step.megabytes, 0) });
      const env = toolEnvironment();
      for (const step of steps) {
        position.step = step.title;
        if (isCurrent(step)) progress.skip();
        else await progress.step(step, () => runStep({ step, env, signal }));
      }
      rmSync(unfinished, { recursive: true, force: true });
    },
  });
}

function requireWritable() {
  try {
    accessSync(root, constants.W_OK);
    mkdirSync(runtime, { recursive: true });
  } catch (error) {
    const hint = 'the project folder must belong to you and not be read-only: check with ls -ld';
    throw new SetupFailure({ cause: `no permission to write in ${root} (${error.code})`, hint });
  }
}

const isCurrent = (step) => step.isPresent() && readStamp(step.name) === step.hash();

/** The hash is of the inputs as they were before the work: those changed meanwhile make the step stale again. */
async function runStep({ step, env, signal }) {
  const hash = step.hash();
  removeStamp(step.name);
  await step.run({ env, signal });
  signal.throwIfAborted();
  writeStamp(step.name, hash);
}
