// R3: a worker stopped by a signal. 504 in time, /health answered throughout, the next request served; a stop shorter than
// the timeout loses nothing.
import { counted, type Figures, percentile, within } from './figures.ts';
import { caseOf, tell, told } from './harness/cases.ts';
import { ask, endedOnce } from './harness/client.ts';
import { type FaultServer, llama, mlx, scripted, startServer } from './harness/server.ts';
import { delay, until } from './harness/wait.ts';

const counts = scripted('counts');

interface Subject {
  readonly model: string;
  readonly put: (stream: boolean, onPiece?: (pieces: number) => void) => ReturnType<typeof ask>;
}

const subjectOf = ({ port }: FaultServer, model: string): Subject => ({
  model,
  put: (stream, onPiece = () => {}) => {
    const { content, more } = model === counts ? { content: tell('h', 12, 20), more: {} } : caseOf(4, 12);
    return ask({ port, model, content, more, stream, onPiece });
  },
});

interface Hang {
  readonly tookMs: number;
  readonly timedOut: boolean;
  readonly nextServed: boolean;
}

async function hang(server: FaultServer, { model, put }: Subject): Promise<Hang> {
  await server.load(model);
  process.kill((await server.worker(model))!.pid, 'SIGSTOP');
  const { status, code, sentMs, endMs } = await put(false).answer;
  const next = await put(true).answer;
  return {
    tookMs: endMs - sentMs,
    timedOut: status === 504 && code === 'worker_timeout',
    nextServed: endedOnce(next, true),
  };
}

/** A stop of a second in mid-stream; whether the text and the worker are the same as without. */
async function blip(server: FaultServer, { model, put }: Subject): Promise<boolean> {
  const expected = model === counts ? told('h', 12) : (await put(true).answer).text;
  await server.load(model);
  const { pid } = (await server.worker(model))!;
  const { answer } = put(true, (pieces) => {
    if (pieces !== 3) return;
    process.kill(pid, 'SIGSTOP');
    setTimeout(() => process.kill(pid, 'SIGCONT'), 1000);
  });
  const { text, ...rest } = await answer;
  return endedOnce({ text, ...rest }, true) && text === expected && (await server.worker(model))?.pid === pid;
}

/** Asks /health every 20 ms until stopped; the milliseconds of each answer. */
function probeHealth({ port }: FaultServer): { stop(): Promise<readonly number[]> } {
  const times: number[] = [];
  let stopped = false;
  const probing = (async () => {
    while (!stopped) {
      const sentMs = performance.now();
      const ok = await fetch(`http://127.0.0.1:${port}/health`).then((response) => response.ok);
      times.push(ok ? performance.now() - sentMs : Number.POSITIVE_INFINITY);
      await delay(20);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await probing;
      return times;
    },
  };
}

type Rounds = Readonly<Record<'mlx' | 'llama' | 'scripted', number>>;

export async function* r3Hangs(rounds: Rounds, timeoutMs: number): Figures {
  const env = { MLX_REQUEST_TIMEOUT: String(timeoutMs / 1000), MLX_MAX_CONCURRENT_REQUESTS: '2' };
  await using server = await startServer({ programs: ['counts'], env });
  const probe = probeHealth(server);
  const hangs: Hang[] = [];
  const blips: boolean[] = [];
  for (const [name, model] of Object.entries({ scripted: counts, llama, mlx } as const)) {
    const subject = subjectOf(server, model);
    for (let round = 0; round < rounds[name as keyof typeof rounds]; round += 1) {
      hangs.push(await hang(server, subject));
      blips.push(await blip(server, subject));
    }
  }
  await until('no worker is left stopped', async () =>
    (await server.status()).workers.every(({ running }) => running === 0),
  );
  const health = await probe.stop();
  yield counted(
    'R3',
    `SIGSTOP: 504 worker_timeout (timeout ${timeoutMs / 1000} s)`,
    hangs.filter((h) => h.timedOut).length,
    hangs.length,
  );
  yield within(
    'R3',
    'time to the 504 beyond the timeout',
    hangs.map(({ tookMs }) => tookMs - timeoutMs),
    2000,
  );
  yield counted('R3', 'the next request is served', hangs.filter(({ nextServed }) => nextServed).length, hangs.length);
  yield within('R3', `/health meanwhile, p99 of ${health.length}`, [percentile(health, 0.99)], 100);
  yield counted('R3', 'a stop of 1 s: same text, same worker', blips.filter(Boolean).length, blips.length);
}
