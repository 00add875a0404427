// How fast is a model fetched, and what does it weigh?
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { harnessProgram, paths } from './harness/paths.ts';
import { peakResidentBytes } from './harness/process-facts.ts';
import { type Question, reachesLimit, withinLimit } from './harness/question.ts';
import { median } from './harness/statistics.ts';

const sampleEveryMs = 20;

interface Hub extends Disposable {
  readonly endpoint: string;
  /** When the model's file is asked for next, in milliseconds since 1970. */
  nextAskedMs(): Promise<number>;
}

async function startHub(bytes: number): Promise<Hub> {
  const child = fork(harnessProgram('hub-process'), [String(bytes)]);
  const [{ endpoint }] = (await once(child, 'message')) as [{ endpoint: string }];
  return {
    endpoint,
    nextAskedMs: async () => ((await once(child, 'message')) as [{ askedMs: number }])[0].askedMs,
    [Symbol.dispose]: () => child.disconnect(),
  };
}

interface Pulled {
  readonly megabytesPerSecond: number;
  readonly peakMegabytes: number;
}

/** By the command line, from the first request for the file to the end of the process: hashes and renames included. */
async function pull(hub: Hub, bytes: number): Promise<Pulled> {
  const home = mkdtempSync(join(paths.scratch, 'pull-'));
  try {
    const asked = hub.nextAskedMs();
    const child = spawn(process.execPath, [paths.commandLine, 'pull', 'bench/model'], {
      env: { PATH: process.env.PATH, HOME: home, HF_HOME: join(home, 'hf'), HF_ENDPOINT: hub.endpoint },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let peakBytes = 0;
    const timer = setInterval(() => {
      peakBytes = peakResidentBytes(child.pid!) ?? peakBytes;
    }, sampleEveryMs);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearInterval(timer);
    const seconds = (performance.timeOrigin + performance.now() - (await asked)) / 1000;
    if (code !== 0) throw new Error(`the download ended with ${code}`);
    return { megabytesPerSecond: bytes / 1e6 / seconds, peakMegabytes: peakBytes / 1e6 };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const download: Question = {
  name: 'download',
  explanation:
    'mlxs pull of one file from a hub on loopback in another process, from the first request for it to the end of the process, ' +
    'its hash checked; the largest resident memory of that process.',
  async *ask({ quick, rounds }) {
    mkdirSync(paths.scratch, { recursive: true });
    const bytes = quick ? 1e8 : 1e9;
    using hub = await startHub(bytes);
    const pulls: Pulled[] = [];
    for (let round = 0; round < rounds; round += 1) pulls.push(await pull(hub, bytes));
    const of = (read: (pulled: Pulled) => number): number => median(pulls.map(read));
    const name = `a file of ${bytes / 1e9} GB`;
    yield reachesLimit(300, { name, measured: of((pulled) => pulled.megabytesPerSecond), unit: 'MB/s' });
    yield withinLimit(80, {
      name: `${name}, RSS of the process`,
      measured: of((pulled) => pulled.peakMegabytes),
      unit: 'MB',
    });
  },
};
