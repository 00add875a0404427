// Engine → the program that runs it. Workers get no secret: their environment is a short list of names.
import { accessSync, constants } from 'node:fs';
import { ServerError } from '../core/index.ts';

export interface EngineCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The command of a worker of `engine` for `model`; throws `worker_start_failed` when it is not set up. */
export type EngineCommands = (engine: string, model: string) => EngineCommand;

const passedOn = [
  ...['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'DYLD_LIBRARY_PATH', 'LD_LIBRARY_PATH'],
  'MLX_PTX_CACHE_DIR', // Where MLX keeps the kernels that it compiles for an NVIDIA GPU.
];

/**
 * glibc reads them before a program's first line, and nobody else does. A fixed threshold keeps it from raising the
 * threshold to the largest array that was ever freed, below which freed arrays stay with the process.
 */
const mallocEnv = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** The engines that this package ships. `packagePath` resolves a name inside the package; `env` is the server's own. */
export function shippedEngines(
  packagePath: (relative: string) => string,
  env: Readonly<Record<string, string | undefined>>,
): EngineCommands {
  const inherited = Object.fromEntries(passedOn.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  return (engine) => {
    switch (engine) {
      case 'llama':
        return { command: process.execPath, args: [packagePath('dist/llama-worker/main.js')], env: inherited };
      case 'mlx-text':
        return mlxWorker('text', packagePath, inherited);
      case 'mlx-vision':
        return mlxWorker('vision', packagePath, inherited);
      default:
        throw new ServerError('model_unsupported', `No engine on this machine runs ${engine} models yet.`, {
          param: 'model',
        });
    }
  };
}

/** A Python worker: its module and its environment have the same name. */
function mlxWorker(
  name: 'text' | 'vision',
  packagePath: (relative: string) => string,
  inherited: Readonly<Record<string, string>>,
): EngineCommand {
  const python = packagePath(`.runtime/python/${name}/bin/python`);
  requireExecutable(python, `The MLX ${name} environment is not set up: run "mlx-inference-server setup".`);
  const pythonEnv = { PYTHONPATH: packagePath('python'), PYTHONUNBUFFERED: '1', PYTHONSAFEPATH: '1' };
  return { command: python, args: ['-m', `mlx_workers.${name}`], env: { ...inherited, ...mallocEnv, ...pythonEnv } };
}

function requireExecutable(path: string, message: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new ServerError('worker_start_failed', message, { cause });
  }
}
