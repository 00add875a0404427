// dist from src. TypeScript compiles into .runtime/build; from there each changed file is renamed into dist and
// what has no source any more goes, so a server that runs from dist meanwhile never meets a missing file.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runtime } from '../project.mjs';
import { filesBelow, hashInputs } from '../stamp.mjs';
import { compileTypeScript } from './typescript.mjs';

const buildFolder = join(runtime, 'build');

export const serverBuild = {
  name: 'server-build',
  title: 'server build',
  megabytes: 20,
  hash: () => hashInputs({ files: [...sources(), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'] }),
  isPresent: () => outputsOf(sources()).every((path) => existsSync(join(root, 'dist', path))),
  async run({ env, signal }) {
    const files = sources();
    if (!outputsOf(files).every((path) => existsSync(join(buildFolder, path)))) {
      rmSync(buildFolder, { recursive: true, force: true }); // half a build: TypeScript would believe its record of it
    }
    const args = ['--outDir', buildFolder, '--tsBuildInfoFile', join(buildFolder, '.tsbuildinfo')];
    await compileTypeScript({ project: 'tsconfig.build.json', args, env, signal });
    for (const path of files.filter(isAsset)) copyInto(join(root, path), join(buildFolder, fromSource(path)));
    publish(outputsOf(files));
  },
};

const sources = () => filesBelow('src').filter((path) => !/\.test\.ts$|\.d\.ts$/.test(path));
const isAsset = (path) => !path.endsWith('.ts');
const fromSource = (path) => path.slice('src/'.length);

/** Paths below dist that the sources give: TypeScript becomes JavaScript, anything else is copied as it is. */
export const outputsOf = (files) => files.map((path) => fromSource(path).replace(/\.ts$/, '.js'));

function publish(outputs) {
  for (const path of outputs) {
    const built = join(buildFolder, path);
    const target = join(root, 'dist', path);
    if (existsSync(target) && readFileSync(target).equals(readFileSync(built))) continue;
    copyInto(built, target);
  }
  const kept = new Set(outputs.map((path) => `dist/${path}`));
  for (const path of filesBelow('dist').filter((path) => !kept.has(path))) rmSync(join(root, path), { force: true });
}

function copyInto(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const unfinished = `${to}.unfinished`;
  copyFileSync(from, unfinished);
  renameSync(unfinished, to);
}
