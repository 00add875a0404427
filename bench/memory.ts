// Does the estimate before a load say what a worker will hold?
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { starters } from './harness/models.ts';
import { nodeFlags, paths } from './harness/paths.ts';
import { bytesAlone } from './harness/process-facts.ts';
import { type Bench, type Question, type Row, shown } from './harness/question.ts';
import { startServer } from './harness/server.ts';

const answerTokens = 4;
const sequences = 4;
const tolerance = 0.15;

interface Case {
  readonly model: string;
  /** Tokens: short ones for a quick look, then long ones. MLX reads some ten tokens a second on a processor. */
  readonly contexts: { readonly quick: readonly number[]; readonly long: readonly number[] };
}

const cases: readonly Case[] = [
  { model: 'starter/smollm2-135m-instruct', contexts: { quick: [32, 96], long: [256, 1024] } },
  { model: 'starter/smollm2-135m-instruct-gguf', contexts: { quick: [256, 1024], long: [512, 4096] } },
  { model: 'starter/shapes-vlm', contexts: { quick: [256, 1024], long: [512, 2048] } },
];

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly modelsDir: string;
}

/** In megabytes: estimated, and held after a prompt as long as the context. */
async function compare(model: string, context: number): Promise<{ estimated: number; held: number }> {
  const folder = mkdtempSync(join(paths.scratch, 'memory-'));
  try {
    // A file of its own: of one that another process maps too, each holds a share.
    const modelsDir = join(folder, 'models');
    cpSync(join(paths.starterModels, model), join(modelsDir, model), { recursive: true });
    writeFileSync(join(folder, 'config.yaml'), `models: { ${model}: { context_length: ${context} } }\n`);
    const env = {
      MLX_CONFIG: join(folder, 'config.yaml'),
      MLX_MAX_CONCURRENT_REQUESTS: String(sequences),
    };
    const place = { env, modelsDir };
    return { estimated: await estimatedMegabytes(model, place), held: await heldMegabytes(model, context, place) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function estimatedMegabytes(model: string, { env, modelsDir }: Place): Promise<number> {
  const args = [...nodeFlags, paths.commandLine, 'estimate', model, '--json', '--models-dir', modelsDir];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  const { afterOnePrompt } = JSON.parse(stdout) as { readonly afterOnePrompt: { readonly totalBytes: number } };
  return afterOnePrompt.totalBytes / 1e6;
}

async function heldMegabytes(model: string, context: number, { env, modelsDir }: Place): Promise<number> {
  await using server = await startServer({ env, modelsDir });
  const prompt = Array.from({ length: context - answerTokens }, (_, place) => 5 + ((place * 37) % 200));
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // As a stream, whose signs of life keep the client from giving up on a slow machine.
    body: JSON.stringify({ model, prompt, max_tokens: answerTokens, stream: true }),
  });
  if (!response.ok) throw new Error(`${model} answered ${response.status}: ${await response.text()}`);
  await response.text();
  return bytesAlone(await server.workerPid(), server.pid) / 1e6;
}

function rowOf(name: string, { estimated, held }: { estimated: number; held: number }): Row {
  const ratio = estimated / held;
  return {
    name,
    measured: `${shown(estimated)} MB`,
    baseline: `${shown(held)} MB`,
    target: `${1 - tolerance} to ${1 + tolerance}`,
    ratio,
    pass: Math.abs(ratio - 1) <= tolerance,
  };
}

async function* ask({ quick, chosen }: Bench): AsyncGenerator<Row, void, undefined> {
  const leftOut = starters.filter((one) => !chosen(starters).includes(one)).map(({ name }) => name);
  for (const { model, contexts } of cases.filter(({ model: name }) => !leftOut.includes(name))) {
    for (const context of quick ? contexts.quick : contexts.long) {
      yield rowOf(`estimate of ${model}, context ${context}`, await compare(model, context));
    }
  }
}

export const memory: Question = {
  name: 'memory',
  explanation:
    `Memory that \`estimate\` expects, beside what the worker's process holds (its proportional set size, were server and ` +
    `worker alone) once a prompt as long as the context has run, ${sequences} requests at once allowed.`,
  ask,
};
