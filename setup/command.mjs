// Runs one foreign command to its end, keeps its output for the case that it fails, and ends it when
// set-up is interrupted. A download that broke off is tried again; nothing else is.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from './explain.mjs';
import { SetupFailure } from './failure.mjs';

const attempts = 3;
const keptCharacters = 64 * 1024;

/**
 * @param {{ command: string, args: string[], env: Record<string, string>, cwd: string, signal: AbortSignal, pauseMs?: number }} options
 * @returns {Promise<string>} what it printed
 */
export async function runCommand({ pauseMs = 2000, ...options }) {
  for (let attempt = 1; ; attempt += 1) {
    const { code, output } = await runOnce(options);
    if (code === 0) return output;
    const known = explain(output);
    if (!known?.retry || attempt === attempts) {
      const fallback = { cause: `${options.command.split('/').pop()} ended with ${code}` };
      throw new SetupFailure({ ...(known ?? fallback), output });
    }
    await sleep(attempt * pauseMs, undefined, { signal: options.signal });
  }
}

function runOnce({ command, args, env, cwd, signal }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-keptCharacters);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    let killTimer;
    const end = () => {
      child.kill('SIGTERM');
      killTimer = setTimeout(() => child.kill('SIGKILL'), 3000);
    };
    signal.addEventListener('abort', end, { once: true });
    const settle = (act) => {
      clearTimeout(killTimer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else act();
    };
    child.once('error', (error) => {
      settle(() => reject(new SetupFailure({ cause: `${command} cannot be run (${error.code})` })));
    });
    child.once('close', (code, killedBy) => settle(() => resolve({ code: code ?? killedBy, output })));
  });
}
