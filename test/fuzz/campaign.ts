// The fuzz run: a server, requests of every kind at it, /health asked all the while, one worker from beginning to end.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probe } from '../../bench/harness/health-probe.ts';
import { paths } from '../../bench/harness/paths.ts';
import { counted, type Figure, type Figures, none, percentile, within } from '../faults/figures.ts';
import { type FaultServer, llama, scripted, startServer } from '../faults/harness/server.ts';
import { examplesOf } from './examples.ts';
import { mutatedRequest } from './mutated-requests.ts';
import { sendRaw } from './raw-bytes.ts';
import { hasSchemathesis, runSchemathesis } from './schemathesis.ts';
import { sendRequest } from './send-request.ts';

export interface Plan {
  readonly seed: number;
  readonly mutated: number;
  readonly raw: number;
  /** Requests to the real engine. */
  readonly starter: number;
  readonly schemathesis: { readonly examples: number; readonly phases: readonly string[] };
  /** Hears of each VIOLATION, and NOTEs. */
  readonly say: (text: string) => void;
}

const goal = 'R24';
const atOnce = 24;
const model = scripted('counts');

/** Numbers 0 to `count` through `send`, some at once; how many came out well. */
async function each(
  count: number,
  lanes: number,
  send: (number: number) => Promise<string | null>,
  tell: (number: number, violation: string) => void,
): Promise<number> {
  let next = 0;
  let good = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const number = next;
      next += 1;
      const violation = await send(number);
      if (violation === null) good += 1;
      else tell(number, violation);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return good;
}

/** Whether a worker is the same as before, and no end of any is in the log. */
async function sameWorker(server: FaultServer, about: { name: string; pid: number; what: string }, say: Plan['say']) {
  const { name, pid, what } = about;
  const now = await server.worker(name);
  const ends = server.events.filter(({ msg }) => msg === 'worker-exited');
  for (const { reason } of ends) say(`VIOLATION ${what}: a worker ended: ${reason}`);
  const same = now?.pid === pid && ends.length === 0;
  return counted(goal, `${what}: the worker is the one from the beginning`, same ? 1 : 0, 1);
}

/** No model is unloaded because a generator of requests takes its time. */
const patient = { MLX_IDLE_TIMEOUT: '7200' };

async function startScripted(): Promise<FaultServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-fuzz-'));
  mkdirSync(join(folder, 'home'), { recursive: true });
  const file = join(folder, 'config.yaml');
  writeFileSync(file, `default_model: ${model}\n`);
  return startServer({ folder, programs: ['counts'], env: { ...patient, MLX_CONFIG: file } });
}

/** Sends mutated requests; `headers` are added to each. */
async function mutated(
  server: FaultServer,
  { seed, say }: Plan,
  about: {
    readonly count: number;
    readonly model: string;
    readonly lanes: number;
    readonly what: string;
    readonly headers: object;
  },
): Promise<Figure> {
  const examples = await examplesOf(`http://127.0.0.1:${server.port}`, about.model);
  const agent = new Agent({ keepAlive: true, maxSockets: about.lanes });
  const send = (number: number): Promise<string | null> => {
    const asked = mutatedRequest(examples, seed, number);
    return sendRequest({ port: server.port, agent }, { ...asked, headers: { ...about.headers, ...asked.headers } });
  };
  const good = await each(about.count, about.lanes, send, (number, violation) =>
    say(`VIOLATION mutated request, seed ${seed}, number ${number}: ${violation}`),
  );
  agent.destroy();
  return counted(goal, about.what, good, about.count);
}

async function* schemathesis(server: FaultServer, { seed, say, schemathesis: { examples, phases } }: Plan): Figures {
  const api = `http://127.0.0.1:${server.port}`;
  const conformance = ['response_schema_conformance', 'content_type_conformance', 'status_code_conformance'];
  const subset = join(paths.root, 'test/fixtures/openai/openapi-subset.json');
  const documents = [
    { what: "schemathesis, this server's document", document: `${api}/openapi.json`, base: api, more: conformance },
    { what: "schemathesis, OpenAI's document", document: subset, base: `${api}/v1`, more: [] },
  ];
  for (const { what, document, base, more } of documents) {
    const folder = mkdtempSync(join(server.folder, 'schemathesis-'));
    const checks = ['not_a_server_error', ...more];
    const result = await runSchemathesis({ document, base, checks, seed, examples, phases, folder });
    for (const violation of result.violations) say(`VIOLATION ${what}, seed ${seed}: ${violation}`);
    if (result.requests === 0) throw new Error(`no request came of ${what}: ${result.stumbles.join()}`);
    for (const stumble of result.stumbles) say(`NOTE ${what}, seed ${seed}, gave up on an operation: ${stumble}`);
    yield counted(goal, what, result.requests - Math.min(result.requests, result.violations.length), result.requests);
  }
}

/** Everything but the real engine, on one server with a scripted worker. */
async function* scriptedRun(plan: Plan): Figures {
  const { seed, raw, say } = plan;
  await using server = await startScripted();
  await server.load(model);
  const { pid } = (await server.worker(model))!;
  let over = false;
  const probed = probe(server.port, () => over);
  const what = 'mutated requests answered as they may be';
  yield await mutated(server, plan, { count: plan.mutated, model, lanes: atOnce, what, headers: {} });
  const good = await each(
    raw,
    atOnce,
    (number) => sendRaw(server.port, seed, number),
    (number, violation) => say(`VIOLATION raw bytes, seed ${seed}, number ${number}: ${violation}`),
  );
  yield counted(goal, 'raw messages answered as they may be, or closed', good, raw);
  if (hasSchemathesis()) yield* schemathesis(server, plan);
  over = true;
  yield within('R23', '/health meanwhile, p99', [percentile(await probed, 0.99)], 200);
  yield await sameWorker(server, { name: model, pid, what: 'scripted' }, say);
  const internal = server.events.filter(({ msg, code }) => msg === 'request-finished' && code === 'internal').length;
  yield none(goal, 'requests that the log calls internal', internal);
}

/** Fewer requests at the real engine: what the scripted one takes for granted is tokenised, templated and sampled here. */
async function* starterRun(plan: Plan): Figures {
  await using server = await startServer({ env: { ...patient, MLX_QUEUE_MAX_DEPTH: '1000' } });
  await server.load(llama);
  const { pid } = (await server.worker(llama))!;
  const what = 'mutated requests to the GGUF starter answered as they may be';
  const headers = { 'x-request-timeout': '4' };
  yield await mutated(server, plan, { count: plan.starter, model: llama, lanes: 6, what, headers });
  yield await sameWorker(server, { name: llama, pid, what: 'GGUF starter' }, plan.say);
}

export async function* fuzz(plan: Plan): Figures {
  yield* scriptedRun(plan);
  if (plan.starter > 0) yield* starterRun(plan);
}
