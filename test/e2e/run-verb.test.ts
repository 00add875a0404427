// `run MODEL PROMPT` in a terminal of one's own, against a served instance.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startTestServer, until, words } from './test-server.ts';

const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** `prompt` put to the model by the command line; its output so far, and its exit code. */
function runVerb(ports: readonly [api: string, admin: string], prompt: string) {
  const [api, admin] = ports.map((url) => new URL(url).port);
  const args = [commandLine, 'run', '--port', api!, '--admin-port', admin!, 'test/counts', prompt];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exitCode = new Promise((resolve) => child.once('close', resolve));
  return { output: () => output, exitCode };
}

describe.skipIf(!existsSync(commandLine))('the answer to run', () => {
  it('goes on when the worker is killed in mid-answer, complete and equal', async () => {
    await using test = await startTestServer(['counts']);
    const { apiUrl, adminUrl, fleet } = test.server;
    const { output, exitCode } = runVerb([apiUrl, adminUrl], 'tokens=150 delayMs=10');
    await until(() => output().includes('w5 '));
    const { pid } = fleet.snapshots()[0]!;
    process.kill(pid!, 'SIGKILL');
    expect(output()).not.toContain('w149 ');
    expect(await exitCode).toBe(0);
    expect(output()).toBe(`${words(150)}\n`);
    expect(fleet.snapshots()[0]!.pid).not.toBe(pid);
  });
});
