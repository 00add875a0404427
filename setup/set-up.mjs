// Carries out steps: those that are current are skipped at once, the rest run one after another under a lock,
// with progress. Ctrl-C at any moment is safe: run again, and it goes on with the step it was at.
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { causeWithDisk, requireDiskSpace } from './disk-space.mjs';
import { toolEnvironment } from './environment.mjs';
import { failureLines, SetupFailure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { createProgress } from './progress.mjs';
import { isClone, root, runtime, unfinished } from './project.mjs';
import { readStamp, removeStamp, writeStamp } from './stamp.mjs';

export const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** The part of the project that set-up writes into. */
const writtenFolder = isClone ? root : runtime;

/** Returns when all is current; ends the process if a step fails or the user interrupts. */
export async function setUp(steps) {
  const failed = await carryOut(steps);
  if (failed === undefined) return;
  process.stderr.write(`${failed.lines.join('\n')}\n`);
  process.exit(failed.exitCode);
}

/**
 * A step: { name, title, size?, megabytes, hash(): of its inputs, isPresent(): its result, run({ env, signal }) }.
 * @returns {Promise<undefined | { lines: string[], exitCode: number, interrupted: boolean }>} undefined when all is current
 */
export async function carryOut(steps) {
  const position = { step: 'preparation' };
  const interruption = new AbortController();
  const interrupt = (name) => interruption.abort(name);
  for (const name of Object.keys(exitCodes)) process.on(name, interrupt);
  try {
    if (steps.every(isCurrent)) return undefined;
    requireWritable();
    await runUnderLock({ steps, position, signal: interruption.signal });
    return undefined;
  } catch (error) {
    const { aborted, reason } = interruption.signal;
    const interrupted = ['set-up interrupted; run the same command again and it goes on from here'];
    const failed = () => failureLines({ step: position.step, error: causeWithDisk({ error, folder: writtenFolder }) });
    if (aborted) return { lines: interrupted, exitCode: exitCodes[reason], interrupted: true };
    return { lines: failed(), exitCode: 1, interrupted: false };
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
      requireDiskSpace({
        folder: writtenFolder,
        neededMegabytes: pending.reduce((sum, step) => sum + step.megabytes, 0),
      });
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
    mkdirSync(runtime, { recursive: true });
    accessSync(writtenFolder, constants.W_OK);
  } catch (error) {
    const hint = 'this folder must belong to you and not be read-only: check with ls -ld';
    throw new SetupFailure({ cause: `no permission to write in ${writtenFolder} (${error.code})`, hint });
  }
}

export const isCurrent = (step) => step.isPresent() && readStamp(step.name) === step.hash();

/** The hash is of the inputs as they were before the work: those changed meanwhile make the step stale again. */
async function runStep({ step, env, signal }) {
  const hash = step.hash();
  removeStamp(step.name);
  await step.run({ env, signal });
  signal.throwIfAborted();
  writeStamp(step.name, hash);
}
