// R2: a worker killed before the first byte, during a whole answer, with requests queued behind it, while it loads, while
// it is unloaded. Every request is answered, and rightly.
import { counted, type Figures } from './figures.ts';
import { caseOf, tell, told } from './harness/cases.ts';
import { type Answer, ask, endedOnce } from './harness/client.ts';
import { type FaultServer, llama, mlx, scripted, startServer } from './harness/server.ts';
import { delay, until } from './harness/wait.ts';

const counts = scripted('counts');
const slow = scripted('slow-to-load');

/** Of one model: a question that works for a while, and what the answer must be. */
interface Subject {
  readonly model: string;
  readonly ask: (server: FaultServer, stream: boolean) => Promise<Answer>;
  readonly expected: string;
}

type Strike = (server: FaultServer, subject: Subject) => Promise<readonly [Answer, boolean][]>;

const isBusy = (server: FaultServer, model: string) => async (): Promise<boolean> =>
  ((await server.worker(model))?.running ?? 0) > 0;

async function kill(server: FaultServer, model: string): Promise<void> {
  process.kill((await server.worker(model))!.pid, 'SIGKILL');
}

const asked =
  (count: number, stream: boolean, pauseMs: number): Strike =>
  async (server, subject) => {
    await server.load(subject.model);
    const answers = Array.from({ length: count }, () => subject.ask(server, stream));
    await until('it runs', isBusy(server, subject.model));
    await delay(pauseMs);
    await kill(server, subject.model);
    return (await Promise.all(answers)).map((answer) => [answer, stream] as [Answer, boolean]);
  };

const strikes: Readonly<Record<string, Strike>> = {
  'before the first byte of a stream': asked(1, true, 0),
  'during a whole answer': asked(1, false, 100),
  'with three requests queued behind it': asked(4, false, 50),
  'while it loads for two requests': async (server, subject) => {
    await server.admin('/admin/unload', { model: subject.model });
    const answers = [subject.ask(server, true), subject.ask(server, false)];
    await until('it loads', async () => (await server.worker(subject.model))?.state === 'starting');
    await delay(100);
    await kill(server, subject.model);
    return (await Promise.all(answers)).map((answer, index) => [answer, index === 0]);
  },
  'while it is unloaded in mid-answer': async (server, subject) => {
    await server.load(subject.model);
    const answer = subject.ask(server, true);
    await until('it runs', isBusy(server, subject.model));
    const { pid } = (await server.worker(subject.model))!;
    const unloaded = server.admin('/admin/unload', { model: subject.model });
    process.kill(pid, 'SIGKILL');
    await unloaded;
    return [[await answer, true]];
  },
};

const scriptedSubject = (model: string): Subject => ({
  model,
  expected: told('q', 30),
  ask: (server, stream) => ask({ port: server.port, model, content: tell('q', 30, 20), stream }).answer,
});

async function realSubject(server: FaultServer, model: string): Promise<Subject> {
  const { content, more } = caseOf(4, 8);
  const put = (stream: boolean) => ask({ port: server.port, model, content, more, stream }).answer;
  return { model, ask: (_, stream) => put(stream), expected: (await put(false)).text };
}

export async function* r2NoByteYet(rounds: Readonly<Record<'mlx' | 'llama' | 'scripted', number>>): Figures {
  const env = { MLX_MAX_CONCURRENT_REQUESTS: '1' };
  await using server = await startServer({ programs: ['counts', 'slow-to-load'], env });
  for (const [what, strike] of Object.entries(strikes)) {
    let good = 0;
    let all = 0;
    const strikeAll = async (subject: Subject, count: number): Promise<void> => {
      for (let round = 0; round < count; round += 1) {
        const answers = await strike(server, subject);
        all += answers.length;
        good += answers.filter(([answer, stream]) => isRight(answer, stream, subject)).length;
      }
    };
    const program = what.includes('loads') ? slow : counts;
    await strikeAll(scriptedSubject(program), rounds.scripted);
    if (rounds.llama > 0) await strikeAll(await realSubject(server, llama), rounds.llama);
    if (rounds.mlx > 0) await strikeAll(await realSubject(server, mlx), rounds.mlx);
    yield counted('R2', `killed ${what}: 200 and right`, good, all);
  }
}

/** On llama a near-tie behind the seam may fall otherwise; that the answer ended well is what counts there. */
const isRight = (answer: Answer, stream: boolean, { model, expected }: Subject): boolean =>
  endedOnce(answer, stream) && (model === llama ? answer.text !== '' : answer.text === expected);
