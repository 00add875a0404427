// node_modules as package-lock.json says, installed beside the old folder and renamed into its place. Not `npm ci`:
// that refuses a lock made where the registry lacked some other platform's optional packages. Instead npm's own
// record of what it installed is held against the lock, which gives the same promise for every locked package.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFailure } from '../failure.mjs';
import { npmInstall } from '../npm-install.mjs';
import { root } from '../project.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { hashInputs } from '../stamp.mjs';

const record = 'node_modules/.package-lock.json';
const inputs = ['package.json', 'package-lock.json', '.npmrc'];

export const nodePackages = {
  name: 'node-packages',
  title: 'node packages',
  size: 'about 120 MB to download',
  megabytes: 500,
  hash: () =>
    hashInputs({
      files: ['package-lock.json', '.npmrc'],
      text: [process.platform, process.arch, process.versions.modules],
    }),
  isPresent: () => existsSync(join(root, record)),
  async run({ env, signal }) {
    const lock = readJson(join(root, 'package-lock.json'));
    if (disagreements({ lock, installed: readJson(join(root, record)) }).length === 0) return;
    const work = workPath('node-packages');
    mkdirSync(work);
    for (const path of inputs) copyFileSync(join(root, path), join(work, path));
    await npmInstall({ env, cwd: work, signal });
    const wrong = disagreements({ lock, installed: readJson(join(work, record)) });
    if (wrong.length > 0) throw new SetupFailure(describeDisagreement(wrong));
    replaceWith(join(work, 'node_modules'), join(root, 'node_modules'));
    rmSync(work, { recursive: true });
  },
};

/**
 * Folders of node_modules that are not as locked: another version or content, absent though needed on this platform,
 * or unknown to the lock. Nothing installed at all is one disagreement.
 */
export function disagreements({ lock, installed, platform = process.platform, arch = process.arch }) {
  if (installed === undefined) return ['node_modules'];
  const isNeeded = (entry) =>
    !entry.optional || Boolean(!entry.libc && entry.os?.includes(platform) && entry.cpu?.includes(arch));
  const isWrong = ([path, entry]) => {
    const found = installed.packages[path];
    if (found === undefined) return isNeeded(entry);
    return found.version !== entry.version || found.integrity !== entry.integrity;
  };
  const locked = Object.entries(lock.packages).filter(
    ([path, entry]) => path.startsWith('node_modules/') && !entry.link,
  );
  const unknown = Object.entries(installed.packages).filter(
    ([path, entry]) => !(path in lock.packages || entry.optional),
  );
  return [...locked.filter(isWrong), ...unknown].map(([path]) => path);
}

function describeDisagreement(wrong) {
  const names = wrong.slice(0, 3).map((path) => path.replace('node_modules/', ''));
  return {
    cause: `npm did not install what package-lock.json names: ${names.join(', ')}${wrong.length > 3 ? ', …' : ''}`,
    hint: 'run the same command again; if it stays so, package.json and package-lock.json disagree: npm install mends the lock',
  };
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
