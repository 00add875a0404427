// `npm run bench -- [QUESTION…] [--quick] [--mlx-text] [--llama] [--write]`: asks the questions named, or all, and prints
// a row for each answer. An engine's flag leaves the others out. `--write` puts the rows into docs/benchmarks.md, where those of
// questions that were not asked stay.
import { bulkBytes } from './bulk-bytes.ts';
import { burst } from './burst.ts';
import { cancel } from './cancel.ts';
import { constrained } from './constrained.ts';
import { crowd } from './crowd.ts';
import { download } from './download.ts';
import { fastModel } from './fast-model.ts';
import { footprint } from './footprint.ts';
import { gateway } from './gateway.ts';
import { startClient } from './harness/client.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { makeModels } from './harness/models.ts';
import type { Bench, Question, Row } from './harness/question.ts';
import { type Answered, isOfOtherMachine, writeResults } from './harness/results-page.ts';
import { terminalLine } from './harness/table.ts';
import { images } from './images.ts';
import { loads } from './loads.ts';
import { manyStreams } from './many-streams.ts';
import { memory } from './memory.ts';
import { secondTurn } from './second-turn.ts';
import { singleStream } from './single-stream.ts';
import { stall } from './stall.ts';
import { start } from './start.ts';

const questions: readonly Question[] = [
  singleStream,
  manyStreams,
  fastModel,
  secondTurn,
  constrained,
  cancel,
  stall,
  burst,
  footprint,
  memory,
  start,
  loads,
  download,
  bulkBytes,
  images,
  crowd,
  gateway,
];
const engines = ['mlx-text', 'llama'] as const;
const flags = ['--quick', '--write', ...engines.map((engine) => `--${engine}`)];

class WrongUsage extends Error {}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function chosenQuestions(args: readonly string[]): readonly Question[] {
  const names = args.filter((arg) => !flags.includes(arg));
  const unknown = names.find((name) => questions.every((question) => question.name !== name));
  if (unknown !== undefined) {
    throw new WrongUsage(`no question is called ${unknown}; there are ${questions.map(({ name }) => name).join(', ')}`);
  }
  return names.length === 0 ? questions : questions.filter(({ name }) => names.includes(name));
}

async function answer(bench: Bench, question: Question): Promise<Answered> {
  say(`\n${question.name}: ${question.explanation}`);
  const rows: Row[] = [];
  for await (const row of question.ask(bench)) {
    rows.push(row);
    say(terminalLine(row));
  }
  return { question, rows };
}

async function main(args: readonly string[]): Promise<void> {
  const chosen = chosenQuestions(args);
  const quick = args.includes('--quick');
  const asked = engines.filter((engine) => args.includes(`--${engine}`));
  const write = args.includes('--write');
  if (write && (quick || asked.length > 0)) throw new WrongUsage('--write needs answers about all engines, at length');
  if (write && chosen.length < questions.length && isOfOtherMachine()) {
    throw new WrongUsage(
      'docs/benchmarks.md has figures of another machine or other versions: ask all questions to replace them',
    );
  }
  await makeModels();
  for (const [name, value] of machineFacts()) say(`${name}: ${value}`);
  await using client = startClient();
  const bench: Bench = {
    client,
    quick,
    rounds: quick ? 3 : 5,
    chosen: (models) => models.filter(({ engine }) => asked.length === 0 || asked.includes(engine)),
  };
  const answers: Answered[] = [];
  for (const question of chosen) {
    answers.push(await answer(bench, question));
    if (write) writeResults(answers, questions); // At once: a long run may be cut short.
  }
  const rows = answers.flatMap((answered) => answered.rows);
  const missed = rows.filter(({ pass }) => !pass).length;
  say(`\n${rows.length} rows, ${missed} missed${quick ? ' (quick: the figures mean little)' : ''}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
