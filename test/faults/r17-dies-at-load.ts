// R17: a model that dies at each load, asked for without pause. It backs off, fails fast with the reason, and another
// model's stream does not notice.
import { counted, type Figure, type Figures, within } from './figures.ts';
import { tell, told } from './harness/cases.ts';
import { type Answer, ask, endedOnce } from './harness/client.ts';
import { scripted, startServer } from './harness/server.ts';
import { delay } from './harness/wait.ts';

const bad = scripted('dies-at-load');
const good = scripted('counts');

/** Starts are held back 1, 2, 4, 8 … seconds: so many there are at most in `seconds`, and one that may be under way. */
const startsAllowed = (seconds: number): number => Math.ceil(Math.log2(seconds + 1)) + 1;

const atMost = (what: string, found: number, most: number): Figure => ({
  goal: 'R17',
  what,
  measured: String(found),
  target: `≤ ${most}`,
  judged: 'count',
  pass: found <= most && found > 0,
});

export async function* r17DiesAtLoad(seconds: number): Figures {
  await using server = await startServer({ programs: ['dies-at-load', 'counts'] });
  await server.load(good);
  const { port } = server;
  const tokens = seconds * 50;
  const stream = ask({ port, model: good, content: tell('g', tokens, 20), stream: true }).answer;
  const answers: Answer[] = [];
  const beganMs = performance.now();
  while (performance.now() - beganMs < seconds * 1000) {
    answers.push(await ask({ port, model: bad, content: 'x', stream: answers.length % 2 === 0 }).answer);
    await delay(50);
  }
  const whole = await stream;
  const starts = server.events.filter((event) => event.msg === 'worker-started' && event.model === bad).length;
  const refused = answers.filter(({ status, code }) => status === 503 && code === 'worker_start_failed');
  const heldBack = refused.slice(1).map(({ sentMs, endMs }) => endMs - sentMs);
  const quick = heldBack.sort((one, other) => one - other).slice(0, Math.floor(heldBack.length * 0.9));
  yield counted('R17', 'dies at each load: 503 worker_start_failed', refused.length, answers.length);
  yield within('R17', 'time to that answer while starts are held back', quick, 200);
  yield atMost(`starts in ${seconds} s of asking without pause`, starts, startsAllowed(seconds));
  yield counted(
    'R17',
    "another model's stream meanwhile, byte for byte",
    Number(endedOnce(whole, true) && whole.text === told('g', tokens)),
    1,
  );
}
