// The command line in surroundings that are not what they should be: it serves, or says in one line why not.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBuilt } from './server-process.ts';
import { isAlive, jsonOf, until } from './test-server.ts';

const bin = fileURLToPath(new URL('../../bin/mlx-inference-server', import.meta.url));
const isLinux = process.platform === 'linux';
const mayUnshare = isLinux && spawnSync('unshare', ['-m', 'true']).status === 0;
const maySetUser = isLinux && spawnSync('setpriv', ['--reuid=12345', '--clear-groups', 'true']).status === 0;

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-test-'));
  children = [];
});
afterEach(() => {
  for (const child of children) if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const serveArgs = (...more: string[]): string[] => {
  const own = ['--port', '0', '--admin-port', '0', '--state-dir', join(folder, 'state')];
  return [bin, 'serve', ...own, '--ready-file', join(folder, 'ready.json'), ...more];
};

interface Serving {
  readonly api: string;
  readonly pid: number;
}

/** Starts `command` and waits until a server in it listens. */
async function start(command: readonly string[], options: Parameters<typeof spawn>[2] = {}): Promise<Serving> {
  const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore', detached: true, ...options });
  children.push(child);
  const file = join(folder, 'ready.json');
  await until(() => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    return existsSync(file);
  });
  return JSON.parse(readFileSync(file, 'utf8')) as Serving;
}

/** Serves `requests` requests, and ends when told to. */
async function servesAndEnds({ api, pid }: Serving, requests = 3): Promise<void> {
  for (let n = 0; n < requests; n += 1) expect((await fetch(`${api}/health`)).status).toBe(200);
  process.kill(pid, 'SIGTERM');
  await until(() => !isAlive(pid), 3000);
}

const node = process.execPath;
const debug = ['--log-level', 'debug'];

describe.skipIf(!isBuilt || !isLinux)('a server whose standard error', () => {
  it.each(['json', 'pretty'])('is on a full disk serves, and ends when told to (%s)', async (format) => {
    const full = openSync('/dev/full', 'w');
    const command = [node, ...serveArgs(...debug, '--log-format', format)];
    const serving = await start(command, { stdio: ['ignore', full, full] });
    await servesAndEnds(serving, 50);
    closeSync(full);
  });

  it('is closed, like its other streams, serves', async () => {
    const command = ['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh', node, ...serveArgs(...debug)];
    await servesAndEnds(await start(command), 50);
  });

  it.each(['json', 'pretty'])('has a reader who left serves (%s)', async (format) => {
    const script = '{ "$@"; echo $? > "$0"; } 2>&1 | head -n 1';
    const command = ['sh', '-c', script, join(folder, 'code'), node, ...serveArgs(...debug, '--log-format', format)];
    await servesAndEnds(await start(command), 50);
    await until(() => existsSync(join(folder, 'code')));
    expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n');
  });

  it.each(['json', 'pretty'])('has a reader who does not read serves, and ends when told to (%s)', async (format) => {
    const script = '{ "$@"; echo $? > "$0"; } 2>&1 | sleep 100';
    const command = ['sh', '-c', script, join(folder, 'code'), node, ...serveArgs(...debug, '--log-format', format)];
    await servesAndEnds(await start(command), 600);
    await until(() => existsSync(join(folder, 'code')));
    expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n');
  });
});

describe.skipIf(!isBuilt)('a server', () => {
  it.each<[string, Record<string, string>]>([
    ['without any environment', {}],
    [
      'whose HOME, TMPDIR and PATH are nowhere, in the C locale',
      { HOME: '/nonexistent', TMPDIR: '/proc', PATH: '', LANG: 'C', LC_ALL: 'C' },
    ],
  ])('%s serves', async (_, env) => {
    await servesAndEnds(await start([node, ...serveArgs()], { env }));
  });

  it('of a user without a home serves', async ({ skip }) => {
    if (!maySetUser) skip('no other user to be');
    spawnSync('chmod', ['777', folder]);
    await servesAndEnds(await start(['setpriv', '--reuid=12345', '--clear-groups', node, ...serveArgs()], { env: {} }));
  });

  it.each([
    ['has no room', 'size=4k'],
    ['has no inode left', 'nr_inodes=1'],
    ['is read-only', 'ro'],
  ])('whose state directory %s serves, and says that it is degraded', async (_, options) => {
    if (!mayUnshare) return;
    const mount = `mkdir -p "$0" && mount -t tmpfs -o ${options},mode=700 tmpfs "$0" && { head -c 9999 /dev/zero > "$0/x" || true; }`;
    const command = ['unshare', '-m', 'sh', '-c', `${mount}; exec "$@"`, join(folder, 'state'), node, ...serveArgs()];
    const serving = await start(command);
    const ready = await fetch(`${serving.api}/ready`);
    expect([ready.status, (await jsonOf(ready)).degraded]).toEqual([200, ['registry', 'responses']]);
    await servesAndEnds(serving);
  });
});

/** The exit code and the words of a server that does not start. */
function refusal(
  prefix: readonly string[],
  ...flags: string[]
): { readonly code: number | null; readonly text: string } {
  const line = [...prefix, node, ...serveArgs(), ...flags];
  const env = { PATH: process.env.PATH, HOME: folder, MLX_ALLOW_UNAUTHENTICATED: '1' };
  const { status, stderr } = spawnSync(line[0]!, line.slice(1), { env, timeout: 20_000 });
  return { code: status, text: stderr.toString() };
}

describe.skipIf(!isBuilt)('an address that cannot be had is one line that says what to change:', () => {
  it('a port that is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const taken = String(port);
    expect(refusal([], '--port', taken)).toEqual({
      code: 1,
      text: `127.0.0.1:${taken} is in use; choose another with --port.\n`,
    });
    expect(refusal([], '--admin-port', taken)).toEqual({
      code: 1,
      text: `127.0.0.1:${taken} is in use; choose another with --admin-port.\n`,
    });
    holder.close();
  });

  it('a host that does not resolve, or is not ours', () => {
    expect(refusal([], '--host', 'no-such-host.invalid')).toEqual({
      code: 1,
      text: expect.stringMatching(/^no-such-host\.invalid:0 cannot be used \(E\w+\); choose another with --host\.\n$/),
    });
    expect(refusal([], '--host', '192.0.2.1')).toEqual({
      code: 1,
      text: '192.0.2.1:0 cannot be used (EADDRNOTAVAIL); choose another with --host.\n',
    });
  });

  it('a port for the privileged alone', ({ skip }) => {
    if (!maySetUser) skip('no other user to be');
    spawnSync('chmod', ['777', folder]);
    const prefix = ['setpriv', '--reuid=12345', '--clear-groups'];
    expect(refusal(prefix, '--port', '80')).toEqual({
      code: 1,
      text: '127.0.0.1:80 cannot be used (EACCES); choose another with --port.\n',
    });
  });

  it('even where nobody can read it', () => {
    const line = ['-c', 'exec "$@" 2>/dev/full', 'sh', node, ...serveArgs(), '--host', '192.0.2.1'];
    const env = { PATH: process.env.PATH, HOME: folder, MLX_ALLOW_UNAUTHENTICATED: '1' };
    expect(spawnSync('sh', line, { env, timeout: 20_000 }).status).toBe(1);
  });
});
