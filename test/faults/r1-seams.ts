// R1: a worker killed in mid-stream. The text against that of an undisturbed run, the pause against its parts, and a
// stream of another model meanwhile.
import { counted, type Figure, type Figures, percentile, within } from './figures.ts';
import { caseOf, sharedLength, tell, told } from './harness/cases.ts';
import { type Answer, ask, endedOnce } from './harness/client.ts';
import { type FaultServer, llama, mlx, scripted, startServer } from './harness/server.ts';
import { until } from './harness/wait.ts';

const counts = scripted('counts');

interface Seam {
  readonly endedOnce: boolean;
  readonly recovered: boolean;
  readonly seamExact: boolean;
  readonly identical: boolean;
  readonly bystanderExact: boolean;
  readonly pauseMs: number;
  /**
   * Load of the new worker and its prefill, as it measured them in this same recovery; and, where the text behind the
   * seam is of tokens whose text was held back, what these took beyond one token without a kill.
   */
  readonly partsMs: number;
}

export async function* r1Seams(rounds: Readonly<Record<'mlx' | 'llama', number>>): Figures {
  await using server = await startServer({ programs: ['counts'], env: { MLX_MAX_CONCURRENT_REQUESTS: '2' } });
  const all: Seam[] = [];
  for (const [name, model] of Object.entries({ mlx, llama } as const)) {
    const seams: Seam[] = [];
    for (let number = 0; number < rounds[name as 'mlx' | 'llama']; number += 1) {
      seams.push(await seam(server, model, number));
    }
    all.push(...seams);
    yield* figuresOf(name, seams);
  }
  const count = (test: (seam: Seam) => boolean): number => all.filter(test).length;
  yield counted(
    'R1',
    'SIGKILL in mid-stream: recovered, ended once',
    count((s) => s.recovered && s.endedOnce),
    all.length,
  );
  yield counted(
    'R1',
    'nothing lost, repeated or changed up to the seam; each token counted once',
    count((s) => s.seamExact),
    all.length,
  );
  yield counted(
    'R1',
    "another model's stream meanwhile, byte for byte",
    count((s) => s.bystanderExact),
    all.length,
  );
}

function* figuresOf(name: string, seams: readonly Seam[]): Generator<Figure> {
  const identical = seams.filter((seam) => seam.identical).length;
  const least = name === 'mlx' ? seams.length : Math.floor(seams.length * 0.8);
  yield counted('R1', `${name}: the whole text as in an undisturbed run`, identical, seams.length, least);
  const pauses = seams.map(({ pauseMs }) => pauseMs);
  const overheads = seams.map(({ pauseMs, partsMs }) => pauseMs - partsMs);
  yield { ...within('R1', `${name}: pause`, pauses, Number.POSITIVE_INFINITY), target: '' };
  yield within('R1', `${name}: pause beyond worker start + load + prefill of the tokens so far`, overheads, 500);
}

async function seam(server: FaultServer, model: string, number: number): Promise<Seam> {
  const { content, more } = caseOf(number);
  const question = { port: server.port, model, content, more, stream: true };
  const undisturbed = await ask(question).answer;
  const bystander = ask({ port: server.port, model: counts, content: tell('by', 400, 10), stream: true });
  const { pid } = (await server.worker(model))!;
  const eventsBefore = server.events.length;
  const killAfter = Math.min(undisturbed.pieceMs.length - 1, 2 + (number % 9));
  let textAtKill = '';
  const disturbed = await ask({
    ...question,
    onPiece: (pieces, text) => {
      if (pieces !== killAfter) return;
      process.kill(pid, 'SIGKILL');
      textAtKill = text;
    },
  }).answer;
  const since = () => server.events.slice(eventsBefore).filter((event) => event.model === model);
  const find = (msg: string) => since().findLast((event) => event.msg === msg);
  await until('the end is in the log', () => find('generation-ended') !== undefined);
  const whole = await bystander.answer;
  const gaps = gapsOf(disturbed);
  const seamAt = gaps.indexOf(Math.max(...gaps.slice(killAfter - 1)));
  const usualGaps = gapsOf(undisturbed);
  const heldBackMs = Math.max(0, (usualGaps[seamAt] ?? 0) - percentile(usualGaps, 0.5));
  const { loadMs = Number.NaN } = find('worker-ready') ?? {};
  const prefillMs = find('generation-ended')?.timings?.prefillMs ?? Number.NaN;
  return {
    ...judge(undisturbed, disturbed, textAtKill),
    recovered: textAtKill !== '' && find('generation-recovered') !== undefined,
    bystanderExact: endedOnce(whole, true) && whole.text === told('by', 400),
    pauseMs: gaps[seamAt]!,
    partsMs: loadMs + prefillMs + heldBackMs,
  };
}

type Judged = Pick<Seam, 'endedOnce' | 'seamExact' | 'identical'>;

function judge(undisturbed: Answer, disturbed: Answer, textAtKill: string): Judged {
  const identical = disturbed.text === undisturbed.text;
  const sameCount = disturbed.completionTokens === undisturbed.completionTokens;
  const partedBehindSeam = sharedLength(undisturbed.text, disturbed.text) >= textAtKill.length;
  return { endedOnce: endedOnce(disturbed, true), identical, seamExact: identical ? sameCount : partedBehindSeam };
}

const gapsOf = ({ pieceMs }: Answer): number[] => pieceMs.slice(1).map((moment, index) => moment - pieceMs[index]!);
