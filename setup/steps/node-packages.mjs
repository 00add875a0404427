// node_modules as package-lock.json says, installed beside the old folder and renamed into its place. Not `npm ci`:
// that refuses a lock made where the registry lacked some other platform's optional packages. Instead npm's own
// record of what it installed is held against the lock, which gives the same promise for every locked package.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFailure } from '../failure.mjs';
import { npmInstall } from '../npm-install.mjs';
import { root } from '../project.mjs';
import { replaceWith, workPath } from '../replace.mjs';
import { hashInputs } from '../stamp.mjs';

const record = 'node_modules/.package-lock.json';
const inputs = ['package.json', 'package-lock.json', '.npmrc', 'stubs'];
const isPackaged = !existsSync(join(root, 'package-lock.json'));

export const nodePackages = {
  name: 'node-packages',
  title: 'node packages',
  size: 'about 120 MB to download',
  megabytes: isPackaged ? 0 : 500,
  hash: () =>
    hashInputs({
      files: ['package-lock.json', '.npmrc'],
      text: [process.platform, process.arch, process.versions.modules],
    }),
  isPresent: () => isPackaged || existsSync(join(root, record)),
  async run({ env, signal }) {
    const lock = readJson(join(root, 'package-lock.json'));
    if (agreesWithLock({ lock, installed: readJson(join(root, record)) })) return;
    const work = workPath('node-packages');
    mkdirSync(work);
    for (const path of inputs) cpSync(join(root, path), join(work, path), { recursive: true });
    await npmInstall({ env, cwd: work, signal });
    if (!agreesWithLock({ lock, installed: readJson(join(work, record)) })) {
      throw new SetupFailure({
        cause: 'package.json and package-lock.json do not agree',
        hint: 'run npm install, look at what changed in package-lock.json, and commit both files',
      });
    }
    replaceWith(join(work, 'node_modules'), join(root, 'node_modules'));
    rmSync(work, { recursive: true });
  },
};

/** Whether all that was installed is as locked, and all is installed that is not optional or is for this platform. */
export function agreesWithLock({ lock, installed, platform = process.platform, arch = process.arch }) {
  if (installed === undefined) return false;
  const isNeeded = ([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.link) return false;
    return !entry.optional || Boolean(!entry.libc && entry.os?.includes(platform) && entry.cpu?.includes(arch));
  };
  const isSame = (path) =>
    installed.packages[path]?.version === lock.packages[path].version &&
    installed.packages[path]?.integrity === lock.packages[path].integrity;
  const isKnown = (path) => path in lock.packages || installed.packages[path].optional === true;
  const locked = Object.entries(lock.packages);
  const wanted = locked.filter((item) => isNeeded(item) || item[0] in installed.packages).map(([path]) => path);
  return wanted.every(isSame) && Object.keys(installed.packages).every(isKnown);
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
