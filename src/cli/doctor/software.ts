// Node, and the Python environments of the MLX workers.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { packagePath } from '../../config/index.ts';
import { type Finding, ok, problem } from './finding.ts';

const oldestNode = [20, 19] as const;
const setup = 'Run "mlx-inference-server setup".';

export function node(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isRecent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (isRecent) return ok('Node', version);
  return problem('Node', `${version} is older than ${oldestNode.join('.')}`, `Install Node ${oldestNode[0]} or newer.`);
}

/** Runs the interpreter and imports the engine's library, as the worker does. */
export async function pythonEnvironment(name: 'text' | 'vision'): Promise<Finding> {
  const title = `Python environment ${name}`;
  const python = packagePath(`.runtime/python/${name}/bin/python`);
  if (!existsSync(python)) return problem(title, 'is not set up', setup);
  const library = name === 'text' ? 'mlx_lm' : 'mlx_vlm';
  const script = `import sys, importlib.metadata as m, mlx.core; print(sys.version.split()[0], m.version("${library}"))`;
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', script], { timeout: 60_000 });
    const [version, libraryVersion] = stdout.trim().split(' ');
    return ok(title, `Python ${version}, ${library.replace('_', '-')} ${libraryVersion}`);
  } catch (error) {
    const line =
      String((error as { stderr?: string }).stderr ?? error)
        .trim()
        .split('\n')
        .at(-1) ?? '';
    return problem(
      title,
      `does not work: ${line.slice(0, 200)}`,
      `Remove the folder ${packagePath(`.runtime/python/${name}`)}. ${setup}`,
    );
  }
}
