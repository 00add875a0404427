// The models that the questions are put to: two random ones made here, in both formats, and the starters.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { paths } from './paths.ts';

export interface BenchModel {
  /** As requests name it. */
  readonly name: string;
  readonly engine: 'mlx-text' | 'llama';
  /** Folder of safetensors, or one GGUF file. */
  readonly path: string;
}

const made = (name: string): string => join(paths.benchModels, 'bench', name);
const starter = (name: string): string => join(paths.starterModels, 'starter', name);

/** Hidden 32, 1 layer: shows the server's own cost. */
export const fast: readonly BenchModel[] = [
  { name: 'bench/fast', engine: 'mlx-text', path: made('fast') },
  { name: 'bench/fast-gguf', engine: 'llama', path: join(made('fast-gguf'), 'fast.gguf') },
];

/** Hidden 256, 4 layers, float32: real prefill cost. */
export const mid: readonly BenchModel[] = [
  { name: 'bench/mid', engine: 'mlx-text', path: made('mid') },
  { name: 'bench/mid-gguf', engine: 'llama', path: join(made('mid-gguf'), 'mid.gguf') },
];

export const starters: readonly BenchModel[] = [
  { name: 'starter/smollm2-135m-instruct', engine: 'mlx-text', path: starter('smollm2-135m-instruct') },
  {
    name: 'starter/smollm2-135m-instruct-gguf',
    engine: 'llama',
    path: join(starter('smollm2-135m-instruct-gguf'), 'SmolLM2-135M-Instruct.Q4_1.gguf'),
  },
];

/** Writes the random models, the same at every time, unless they are there. */
export async function makeModels(): Promise<void> {
  if ([...fast, ...mid].every(({ path }) => existsSync(path))) return;
  const args = ['-m', 'bench_models.make_models', paths.benchModels];
  await promisify(execFile)(paths.python, args, { env: { ...process.env, PYTHONPATH: paths.pythonSources } });
}
