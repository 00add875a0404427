// A copy of this project that is set up already, for an installation in an empty home: what is only read is linked, what
// the installer replaces or removes is the copy's own.
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
  /** Makes the GGUF starter one whose header is whole and whose weights are not. */
  breakWeights(): void;
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
const runtimeLinked = ['uv', 'python', 'build'];
const starters = ['smollm2-135m-instruct-gguf', 'smollm2-135m-instruct', 'shapes-vlm'].map(
  (name) => `.runtime/models/starter/${name}`,
);

export function installWorld(): InstallWorld {
  const folder = mkdtempSync(join(tmpdir(), 'mlx install '));
  const clone = join(folder, 'clone');
  const home = join(folder, 'home');
  const stateDir = join(folder, 'state');
  for (const path of [home, join(clone, '.runtime')]) mkdirSync(path, { recursive: true });
  for (const path of copied) cpSync(join(project, path), join(clone, path), { recursive: true });
  for (const path of linked) symlinkSync(join(project, path), join(clone, path));
  for (const path of starters) linkFiles(join(project, path), join(clone, path));
  cpSync(join(project, '.runtime/stamps'), join(clone, '.runtime/stamps'), { recursive: true });
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
    breakWeights() {
      const model = '.runtime/models/starter/smollm2-135m-instruct-gguf';
      const [whole, broken] = [join(project, model), join(clone, model)];
      rmSync(broken, { recursive: true }); // They are links: nothing may be written through them.
      mkdirSync(broken);
      for (const name of readdirSync(whole)) {
        const content = readFileSync(join(whole, name));
        // Whole by its header, and yet nothing that llama.cpp can load.
        const vocabulary = content.indexOf('tokenizer.ggml.model');
        if (vocabulary > 0) content.write('gpt?', content.indexOf('gpt2', vocabulary));
        writeFileSync(join(broken, name), content);
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Models are looked for in folders, not behind links to folders; copies would take long. */
function linkFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    try {
      linkSync(join(from, name), join(to, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      copyFileSync(join(from, name), join(to, name));
    }
  }
}
