// One locked Python environment of the project, made fresh beside the old one and renamed into its place.
// Packages that two of them share are linked by uv and cost nothing twice. `dev` repeats those of `text` and `vision` and
// adds the tools of the tests: what is served stays exactly what is locked for serving.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command.mjs';
import { findPython } from '../find-python.mjs';
import { pythonOf, root, runtime } from '../project.mjs';
import { uvEnvironment } from '../python-index.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { hashInputs } from '../stamp.mjs';
import { uvCommand } from './uv.mjs';

export const textEnvironment = pythonEnvironment({
  name: 'text',
  requirements: ['text'],
  size: 'about 110 MB to download',
  megabytes: 450,
});

export const visionEnvironment = pythonEnvironment({
  name: 'vision',
  requirements: ['vision'],
  size: 'about 15 MB to download',
  megabytes: 150,
  compiles: ['mlx_workers.vision.load', 'mlx_workers.generation.engine'],
});

export const devEnvironment = pythonEnvironment({
  name: 'dev',
  requirements: ['text', 'vision', 'dev'],
  size: 'about 20 MB to download',
  megabytes: 200,
});

/**
 * `compiles` names modules whose imports are compiled ahead, where all would take four times as long; else all are.
 * @param {{ name: string, requirements: string[], size: string, megabytes: number, compiles?: string[] }} options
 */
function pythonEnvironment({ name, requirements, size, megabytes, compiles }) {
  const files = requirements.map((requirement) => `python/environments/${requirement}.txt`);
  return {
    name: `python-${name}`,
    title: `Python environment ${name}`,
    size,
    megabytes,
    hash: () => hashInputs({ files, text: [process.platform, process.arch] }),
    isPresent: () => existsSync(pythonOf(name)),
    async run({ env, signal }) {
      const python = findPython({ env });
      const uvEnv = { ...uvEnvironment({ python: python.path, env }), UV_COMPILE_BYTECODE: compiles ? '0' : '1' };
      const runUv = (...args) => runCommand({ command: uvCommand, args, env: uvEnv, cwd: root, signal });
      const target = workPath(name);
      await runUv('venv', '--relocatable', '--no-project', '--python', python.path, target);
      const into = ['--python', join(target, 'bin/python')];
      await runUv('pip', 'sync', ...into, '--require-hashes', '--no-build', ...files);
      if (compiles) {
        const args = ['-c', `import ${compiles.join(', ')}`];
        const importEnv = { ...env, PYTHONPATH: join(root, 'python'), PYTHONDONTWRITEBYTECODE: '' };
        await runCommand({ command: join(target, 'bin/python'), args, env: importEnv, cwd: root, signal });
      }
      replaceWith(target, join(runtime, 'python', name));
    },
  };
}
