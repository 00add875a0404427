import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registryCheck } from './registry-check.mjs';

let stateDir;
let children;
let listener;
let api;
const endless = () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  return child;
};
const record = (pids) =>
  writeFileSync(
    join(stateDir, 'worker_registry.json'),
    JSON.stringify({ servers: { one: { workers: pids.map((pid) => ({ pid })) } } }),
  );

/** A server of the same answers whoever runs it; `workers` are the pids that it tells of. */
async function listen(workers) {
  const answers = {
    '/health': {},
    '/admin/status': { workers: workers.map((pid) => ({ pid })) },
    '/v1/chat/completions': { choices: [{ message: { content: 'Paris.' } }] },
  };
  listener = createServer((request, response) => {
    response.writeHead(200, { 'x-request-id': 'one' }).end(JSON.stringify(answers[request.url]));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  api = `http://127.0.0.1:${listener.address().port}`;
}

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'mlx-registry-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  listener.close();
  rmSync(stateDir, { recursive: true });
});

/** A server with one worker; `onKilled` is what its end does to the worker. */
async function check({ onKilled, left = [], endLimitMs = 60_000 }) {
  const [server, worker] = [endless(), endless()];
  await listen([worker.pid]);
  let address = { api, pid: server.pid };
  server.once('exit', () => {
    onKilled(worker);
    record(left.includes('worker') ? [worker.pid] : []);
    address = { api, pid: process.pid };
  });
  const program = { daemonFiles: () => ({}), readAddress: () => address };
  const { signal } = new AbortController();
  const asked = { api, admin: api, headers: {}, stateDir };
  return await registryCheck.run({ server: asked, program, signal, endLimitMs });
}

const dies = (worker) => worker.kill('SIGKILL');

test('a worker that ends with its server and is off the record is well', async () => {
  expect(await check({ onKilled: dies })).toContain(`took over; orphans gone: ${children[1].pid}`);
});

test('a worker that lives on is a failure', async () => {
  await expect(check({ onKilled: () => {}, endLimitMs: 300 })).rejects.toThrow('the end of the orphans did not come');
});

test('a worker that is gone and still on record is a failure', async () => {
  await expect(check({ onKilled: dies, left: ['worker'] })).rejects.toThrow('still on record');
});
