// A copy of this project that is set up already, for an installation in an empty home: what is only read is linked, what
// the installer replaces or removes is the copy's own.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface InstallWorld {
  readonly clone: string;
  readonly home: string;
  readonly stateDir: string;
  install(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  /** The command line of the copy. */
  run(args: readonly string[]): Promise<Ended>;
  remove(): void;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const project = fileURLToPath(new URL('../..', import.meta.url));
const copied = ['bin', 'setup', 'dist', 'install.sh', 'package.json'];
const linked = [
  'src',
  'python',
  'models',
  'node_modules',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'tsconfig.build.json',
];
const runtimeCopied = ['stamps', 'models/starter'];
const runtimeLinked = ['uv', 'python', 'build'];

export function installWorld(): InstallWorld {
  const folder = mkdtempSync(join(tmpdir(), 'mlx install '));
  const clone = join(folder, 'clone');
  const home = join(folder, 'home');
  const stateDir = join(folder, 'state');
  for (const path of [home, join(clone, '.runtime/models')]) mkdirSync(path, { recursive: true });
  for (const path of copied) cpSync(join(project, path), join(clone, path), { recursive: true });
  for (const path of linked) symlinkSync(join(project, path), join(clone, path));
  for (const path of runtimeCopied)
    cpSync(join(project, '.runtime', path), join(clone, '.runtime', path), { recursive: true });
  for (const path of runtimeLinked) symlinkSync(join(project, '.runtime', path), join(clone, '.runtime', path));
  // The ports of this machine's own server are not taken: only those that are free.
  const own = { HOME: home, PATH: process.env.PATH!, MLX_STATE_DIR: stateDir, MLX_PORT: '0', MLX_ADMIN_PORT: '0' };
  const end = (command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(command, [...args], { env: { ...own, ...env }, cwd: clone }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  return {
    clone,
    home,
    stateDir,
    install: (args, env) => end('./install.sh', args, env),
    run: (args) => end(process.execPath, [join(clone, 'bin/mlx-inference-server'), ...args]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
