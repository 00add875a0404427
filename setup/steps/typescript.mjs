// Runs the TypeScript compiler; sources that do not compile are a failure of their own, not of a tool.
import { join } from 'node:path';
import { runCommand } from '../command.mjs';
import { SetupFailure } from '../failure.mjs';
import { root } from '../project.mjs';

/** @param {{ project: string, args?: string[], env: Record<string, string>, signal: AbortSignal }} options */
export async function compileTypeScript({ project, args = [], env, signal }) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const all = [compiler, '-p', join(root, project), '--noEmitOnError', '--pretty', 'false', ...args];
  try {
    await runCommand({ command: process.execPath, args: all, env, cwd: root, signal });
  } catch (error) {
    if (!/error TS\d+/.test(error.output ?? '')) throw error;
    const { output } = error;
    throw new SetupFailure({ cause: 'the sources do not compile', hint: 'correct the lines above', output });
  }
}
