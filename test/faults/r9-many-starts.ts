// R9: many servers started at once on one state directory. Each serves with its own worker, none ends another's; of those
// that want the same port one gets it, and each of the others says so in one line and ends.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { paths } from '../../bench/harness/paths.ts';
import { counted, type Figures } from './figures.ts';
import { tell, told } from './harness/cases.ts';
import { ask, endedOnce } from './harness/client.ts';
import { isChildOf, serversOnRecord } from './harness/processes.ts';
import { type FaultServer, scripted, startServer } from './harness/server.ts';

const counts = scripted('counts');

/** The words of a server in mid-answer while the others start, and its worker's pid before and after. */
async function serves(server: FaultServer): Promise<boolean> {
  await server.load(counts);
  const { pid } = (await server.worker(counts))!;
  const answer = await ask({ port: server.port, model: counts, content: tell('m', 50, 20), stream: true }).answer;
  return endedOnce(answer, true) && answer.text === told('m', 50) && isChildOf(pid, server.pid);
}

/** How a server on a port that is taken ends: its code and what it wrote. */
function startOn(port: number, folder: string): Promise<{ readonly code: number | null; readonly text: string }> {
  const flags = ['--port', String(port), '--admin-port', '0', '--state-dir', join(folder, 'state')];
  const child = spawn(process.execPath, [paths.commandLine, 'serve', ...flags], {
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

const isClear = ({ code, text }: { code: number | null; text: string }): boolean =>
  code !== null && code !== 0 && /^\S+ is in use; choose another with --port\.\n$/.test(text);

const onRecord = (stateDir: string): number =>
  serversOnRecord(stateDir).filter(({ workers }) => workers.length === 1).length;

export async function* r9ManyStarts(starts: number): Figures {
  await using first = await startServer({ programs: ['counts'] });
  const { folder, stateDir } = first;
  const startOne = (_: unknown, index: number) =>
    startServer({ programs: ['counts'], folder, keepsFolder: true, readyName: `ready-${index}.json` });
  const others = await Promise.all(Array.from({ length: starts - 1 }, startOne));
  try {
    const served = await Promise.all([first, ...others].map(serves));
    yield counted('R9', 'servers started at once on one state directory: each serves', count(served), starts);
    yield counted('R9', 'of them on record, with their worker', onRecord(stateDir), starts);
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const losers = await Promise.all(Array.from({ length: starts }, () => startOn(port, folder)));
    taken.close();
    yield counted('R9', 'losers of a port: one clear line, exit code not 0', losers.filter(isClear).length, starts);
    const stillServing = await Promise.all([first, ...others].map(serves));
    yield counted('R9', 'servers that serve after that', count(stillServing), starts);
  } finally {
    await Promise.all(others.map((server) => server[Symbol.asyncDispose]()));
  }
}

const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;
