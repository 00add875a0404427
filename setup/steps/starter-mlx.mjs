// The MLX starter model: the same weights as the GGUF one, converted without loss by the project's own module.
import { copyFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../command.mjs';
import { models, pythonOf, root } from '../project.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { filesBelow, hashInputs } from '../stamp.mjs';
import { describeStarter, starterDescription } from '../starter-description.mjs';
import { starterWeights, starterWeightsSha256 } from './starter-gguf.mjs';

const folder = join(models, 'starter/smollm2-135m-instruct');
const notice = `SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), Apache License 2.0 (see LICENSE).
Converted on this machine, without loss, from the Q4_1 GGUF file in smollm2-135m-instruct-gguf to MLX 4-bit.
`;

export const starterMlx = {
  name: 'starter-mlx',
  title: 'starter model (MLX)',
  megabytes: 110,
  hash: () =>
    hashInputs({
      files: filesBelow('python/mlx_workers/starter'),
      text: [starterWeightsSha256, ...starterDescription(notice).flat()],
    }),
  isPresent: () => existsSync(join(folder, 'model.safetensors')) && existsSync(join(folder, 'generation_config.json')),
  async run({ env, signal }) {
    const finished = workPath('starter-mlx');
    const args = ['-m', 'mlx_workers.starter.convert_gguf', starterWeights, finished];
    const pythonEnv = { ...env, PYTHONPATH: join(root, 'python') };
    await runCommand({ command: pythonOf('text'), args, env: pythonEnv, cwd: root, signal });
    copyFileSync(join(dirname(starterWeights), 'LICENSE'), join(finished, 'LICENSE'));
    describeStarter(finished, notice);
    replaceWith(finished, folder);
  },
};
