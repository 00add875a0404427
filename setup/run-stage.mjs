// Runs one stage of the tests in a process group of its own, so that ending it ends what it started, and gives it up
// when it hangs. A stage whose output is looked at is copied through; the others write to the terminal themselves.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { root } from './project.mjs';

const defaultLimitMs = 25 * 60_000;
const graceMs = 5000;

/**
 * @param {{ stage: { command: string, args: string[], cwd?: string, accepts?: Function, report?: string, limitMs?: number }, signal: AbortSignal, write?: (text: string) => void }} options
 * @returns {Promise<{ code: number | string, output: string }>} `code` is the exit code or the signal's name
 */
export function runStage({ stage, signal, write = (text) => process.stdout.write(text) }) {
  if (stage.report) {
    rmSync(stage.report, { force: true }); // the report of an earlier run must not be counted
    mkdirSync(dirname(stage.report), { recursive: true });
  }
  const stdio = ['ignore', stage.accepts ? 'pipe' : 'inherit', 'inherit'];
  const env = stageEnvironment(process.env);
  const child = spawn(stage.command, stage.args, { cwd: stage.cwd ?? root, stdio, env, detached: true });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
    write(chunk);
  });
  return new Promise((resolve) => {
    const ending = endOnDemand({ child, signal, write, limitMs: stage.limitMs ?? defaultLimitMs });
    child.once('error', (error) => {
      ending.settle();
      write(`${stage.command} cannot be run (${error.code})\n`);
      resolve({ code: 1, output });
    });
    child.once('close', (code, killedBy) => {
      ending.settle();
      resolve({ code: code ?? killedBy, output });
    });
  });
}

/** Ends the child's group at an interruption or at the time limit: asked first, killed after a grace. */
function endOnDemand({ child, signal, write, limitMs }) {
  let killTimer;
  const end = () => {
    killGroup(child.pid, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), graceMs);
  };
  const limitTimer = setTimeout(() => {
    write(`ended: it ran longer than ${limitMs / 60_000} minutes\n`);
    end();
  }, limitMs);
  signal.addEventListener('abort', end, { once: true });
  return {
    settle() {
      clearTimeout(limitTimer);
      clearTimeout(killTimer);
      signal.removeEventListener('abort', end);
      if (killTimer !== undefined) killGroup(child.pid, 'SIGKILL'); // what outlived its leader
    },
  };
}

function killGroup(pid, name) {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Tests see the project's defaults, not this terminal's settings of the server. */
export function stageEnvironment(inherited) {
  const kept = Object.entries(inherited).filter(([name]) => !/^MLX_(?!PYTHON$|TEST_)/.test(name));
  return Object.fromEntries(kept);
}
