// The contract, run against every worker program. One of them: vitest run --project engines -t 'contract: llama'
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { shapesVlm, smolLm2 } from './contract/models.ts';
import { describeWorkerContract } from './worker-contract.ts';

const root = resolve(import.meta.dirname, '../..');
const at = (...path: string[]): string => resolve(root, ...path);

const missing = (...paths: string[]): string | null => {
  const absent = paths.find((path) => !existsSync(at(path)));
  return absent === undefined ? null : `${absent} is not there; npm start sets it up`;
};

const ggufFolder = '.runtime/models/starter/smollm2-135m-instruct-gguf';
const gguf = existsSync(at(ggufFolder))
  ? readdirSync(at(ggufFolder)).find((name) => name.endsWith('.gguf'))
  : undefined;

describeWorkerContract({
  name: 'llama',
  command: process.execPath,
  args: [at('dist/llama-worker/main.js')],
  env: {},
  modelPath: at(ggufFolder, gguf ?? 'absent.gguf'),
  facts: smolLm2,
  expectations: { exactResume: false, pingMs: 250, longPromptTokens: 950, longAnswerTokens: 150 },
  missing: missing('dist/llama-worker/main.js', `${ggufFolder}/${gguf ?? 'absent.gguf'}`),
});

const python = '.runtime/python/text/bin/python';
const mlxModel = '.runtime/models/starter/smollm2-135m-instruct';

describeWorkerContract({
  name: 'mlx-text',
  command: at(python),
  args: ['-m', 'mlx_workers.text'],
  env: { PYTHONPATH: at('python') },
  modelPath: at(mlxModel),
  facts: smolLm2,
  expectations: { exactResume: true, pingMs: 1000, longPromptTokens: 160, longAnswerTokens: 12 },
  missing: missing(python, 'python/mlx_workers/text', mlxModel),
});

const visionPython = '.runtime/python/vision/bin/python';
const visionModel = '.runtime/models/starter/shapes-vlm';

describeWorkerContract({
  name: 'mlx-vision',
  command: at(visionPython),
  args: ['-m', 'mlx_workers.vision'],
  env: { PYTHONPATH: at('python') },
  modelPath: at(visionModel),
  facts: shapesVlm,
  expectations: { exactResume: true, pingMs: 1000, longPromptTokens: 1900, longAnswerTokens: 600 },
  missing: missing(visionPython, 'python/mlx_workers/vision', visionModel),
});
