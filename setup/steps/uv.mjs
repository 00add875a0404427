// uv, the installer of Python packages, inside the project: its locked wheel through the user's own pip.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command.mjs';
import { findPython } from '../find-python.mjs';
import { root, runtime } from '../project.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { hashInputs } from '../stamp.mjs';

const requirements = 'python/environments/uv.txt';
const folder = join(runtime, 'uv');

export const uvCommand = join(folder, 'bin/uv');

export const uv = {
  name: 'uv',
  title: 'uv (Python installer)',
  size: '18 MB to download',
  megabytes: 80,
  hash: () => hashInputs({ files: [requirements], text: [process.platform, process.arch] }),
  isPresent: () => existsSync(uvCommand),
  async run({ env, signal }) {
    const found = findPython({ env });
    const python = found.pip ? found.path : await makePip({ python: found.path, env, signal });
    const target = workPath('uv');
    const how = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '--no-compile', '--quiet'];
    const args = ['-m', 'pip', 'install', ...how, '--target', target, '-r', join(root, requirements)];
    await runCommand({ command: python, args, env, cwd: root, signal });
    replaceWith(target, folder);
  },
};

/** A Python without pip but with ensurepip: a throw-away environment lends its pip. */
async function makePip({ python, env, signal }) {
  const folder = workPath('pip');
  await runCommand({ command: python, args: ['-m', 'venv', folder], env, cwd: root, signal });
  return join(folder, 'bin/python');
}
