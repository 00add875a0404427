// R10 and R11: clients that leave, politely or by a reset, in every phase; and two hundred that lose patience at once.
import { processorMs } from '../../bench/harness/process-facts.ts';
import { counted, type Figures, within } from './figures.ts';
import { caseOf } from './harness/cases.ts';
import { type Asked, ask, endedOnce } from './harness/client.ts';
import { type FaultServer, llama, mlx, startServer } from './harness/server.ts';
import { delay, msUntil, until } from './harness/wait.ts';

const story = 'Tell me a story.';
const names = { llama, mlx } as const;
type Engine = keyof typeof names;
const phases = ['decode', 'prefill', 'load'] as const;
const manners = ['fin', 'rst'] as const;

/** A request that has come to `phase`. */
async function inPhase(server: FaultServer, model: string, phase: (typeof phases)[number]): Promise<Asked> {
  if (phase === 'load') await server.admin('/admin/unload', { model });
  else await server.load(model);
  let pieces = 0;
  const asked = ask({
    port: server.port,
    model,
    content: phase === 'prefill' ? `${story} ${'And then? '.repeat(20)}${performance.now()}` : story,
    more: { max_tokens: 150, temperature: 0 },
    stream: true,
    onPiece: (count) => {
      pieces = count;
    },
  });
  await until(`it is at ${phase}`, async () => {
    const worker = await server.worker(model);
    if (phase === 'decode') return pieces >= 2;
    return phase === 'load' ? worker?.state === 'starting' : (worker?.running ?? 0) > 0;
  });
  return asked;
}

/** Milliseconds until the process has begun a stretch of 300 ms with next to no processor time. */
async function msToIdle(pid: number): Promise<number> {
  const beganMs = performance.now();
  const samples: { readonly atMs: number; readonly usedMs: number }[] = [];
  while (performance.now() - beganMs < 30_000) {
    samples.push({ atMs: performance.now(), usedMs: processorMs(pid) });
    const last = samples.at(-1)!;
    const first = samples.findLast(({ atMs }) => last.atMs - atMs >= 300);
    if (first !== undefined && last.usedMs - first.usedMs <= 20) return first.atMs - beganMs;
    await delay(10);
  }
  return Number.POSITIVE_INFINITY;
}

async function idleAfterLeaving(server: FaultServer, model: string, phase: 'decode' | 'prefill', how: 'fin' | 'rst') {
  const asked = await inPhase(server, model, phase);
  const { pid } = (await server.worker(model))!;
  if (phase === 'prefill') await delay(50);
  asked.leave(how);
  return msToIdle(pid);
}

const depthGone = (server: FaultServer) => msUntil(async () => (await server.status()).queue.depth === 0, 10_000);

/** The running one leaves: time until the one behind it has its place. Then that one leaves too. */
async function placeGivenBack(server: FaultServer, model: string, phase: (typeof phases)[number], how: 'fin' | 'rst') {
  const running = await inPhase(server, model, phase);
  const waiting = ask({ port: server.port, model, content: story, more: { max_tokens: 2 }, stream: true });
  await until('one waits', async () => (await server.status()).queue.depth === 1);
  running.leave(how);
  const tookMs = await depthGone(server);
  await waiting.answer;
  return tookMs;
}

/** The waiting one leaves: time until the queue is empty. */
async function entryGone(server: FaultServer, model: string, how: 'fin' | 'rst'): Promise<number> {
  const running = await inPhase(server, model, 'decode');
  const waiting = ask({ port: server.port, model, content: story, stream: true });
  await until('one waits', async () => (await server.status()).queue.depth === 1);
  waiting.leave(how);
  const tookMs = await depthGone(server);
  running.leave('fin');
  return tookMs;
}

export async function* r10ClientsLeave(rounds: Readonly<Record<Engine, number>>): Figures {
  await using server = await startServer({ env: { MLX_MAX_CONCURRENT_REQUESTS: '1' } });
  const entries: number[] = [];
  const places: number[] = [];
  for (const [name, model] of Object.entries(names) as [Engine, string][]) {
    const idle = { decode: [] as number[], prefill: [] as number[] };
    for (let round = 0; round < rounds[name]; round += 1) {
      for (const how of manners) {
        entries.push(await entryGone(server, model, how));
        for (const phase of phases) places.push(await placeGivenBack(server, model, phase, how));
        for (const phase of ['decode', 'prefill'] as const)
          idle[phase].push(await idleAfterLeaving(server, model, phase, how));
      }
    }
    if (rounds[name] === 0) continue;
    for (const [phase, times] of Object.entries(idle)) {
      yield within('R10', `${name}: worker idle after its client left in ${phase}`, times, 500);
    }
  }
  yield within('R10', 'queue entry gone after its client left', entries, 100);
  yield within('R10', 'place given to the next after a client left in decode, prefill, load', places, 100);
}

/** R11: two hundred clients that leave half a second after they asked; then one that waits. */
export async function* r11Impatience(rounds: Readonly<Record<Engine, number>>): Figures {
  await using server = await startServer({ env: { MLX_MAX_CONCURRENT_REQUESTS: '8' } });
  let served = 0;
  let all = 0;
  for (const [name, model] of Object.entries(names) as [Engine, string][]) {
    const times: number[] = [];
    for (let round = 0; round < rounds[name]; round += 1) {
      await server.load(model);
      await Promise.all(Array.from({ length: 200 }, (_, number) => impatient(server, model, number)));
      const answer = await ask({ ...patient(server, model), stream: false }).answer;
      times.push(answer.endMs - answer.sentMs);
      served += Number(endedOnce(answer, false));
      all += 1;
    }
    if (times.length > 0) yield within('R11', `${name}: 200 clients left after 0.5 s, then one answer`, times, 2000);
  }
  yield counted('R11', 'that answer is served', served, all);
}

const patient = ({ port }: FaultServer, model: string) => ({ port, model, content: 'Hi', more: { max_tokens: 4 } });

async function impatient({ port }: FaultServer, model: string, number: number): Promise<void> {
  const asked = ask({
    port,
    model,
    content: caseOf(number).content,
    more: { max_tokens: 200 },
    stream: number % 2 === 0,
  });
  await Promise.race([delay(500), asked.answer]);
  asked.leave(number % 3 === 0 ? 'rst' : 'fin');
}
