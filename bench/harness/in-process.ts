// The baseline: the same engine driven without a server, in a process that stays loaded between rounds. One JSON line
// asks for a run, one JSON line answers it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { BenchModel } from './models.ts';
import { harnessProgram, paths } from './paths.ts';

export type Prompt = string | readonly number[];

/** All prompts at once, greedily, `maxTokens` each. */
export interface BaselineRun {
  readonly prompts: readonly Prompt[];
  readonly maxTokens: number;
}

/** Milliseconds since the run began. */
export interface BaselineStream {
  readonly firstTokenMs: number;
  readonly lastTokenMs: number;
  readonly tokens: number;
}

export interface Baseline extends AsyncDisposable {
  readonly pid: number;
  run(order: BaselineRun): Promise<readonly BaselineStream[]>;
}

const commandFor = (model: BenchModel, streams: number): readonly [string, ...string[]] =>
  model.engine === 'llama'
    ? [process.execPath, harnessProgram('in-process-llama'), model.path, String(streams)]
    : [paths.python, '-m', 'bench_models.in_process', model.path, String(streams)];

/** @param streams prompts that will be run together at the most */
export async function startBaseline(model: BenchModel, streams: number): Promise<Baseline> {
  const [command, ...args] = commandFor(model, streams);
  const child = spawn(command, args, {
    env: { ...process.env, PYTHONPATH: paths.pythonSources },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(`code ${code}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the in-process baseline of ${model.name} ended: ${await exited}`);
    return String(value);
  };
  await answer(); // "ready"
  return {
    pid: child.pid ?? -1,
    run: async (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return JSON.parse(await answer()) as BaselineStream[];
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
