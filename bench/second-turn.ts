// Does the second turn of a chat prefill its new tokens only?
import type { Client } from './harness/client.ts';
import { type BenchModel, starters } from './harness/models.ts';
import type { Order, Outcome } from './harness/orders.ts';
import { type Bench, type Question, type Row, shown } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { median } from './harness/statistics.ts';

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

interface Turns {
  readonly first: Outcome;
  readonly second: Outcome;
}

const chatOrder = (port: number, model: string, messages: readonly Message[]): Order => ({
  port,
  path: '/v1/chat/completions',
  keepText: true,
  body: JSON.stringify({
    model,
    messages,
    max_tokens: 16,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  }),
});

/** A system prompt that no other chat shares from its first words on. */
const opening = (chat: number): readonly Message[] => [
  {
    role: 'system',
    content:
      `Conversation ${chat}. You are the guide of a small museum of the sea. You speak plainly, in short sentences. ` +
      'The museum shows boats, nets, lamps and maps; it is open from nine to five and closed on Mondays. ' +
      'Visitors ask about the ways of fishermen, about storms, and about the lighthouse on the northern rock.',
  },
  { role: 'user', content: 'What can I see in the museum today? Begin with the boats, please.' },
];

async function chat(client: Client, port: number, { name }: BenchModel, number: number): Promise<Turns> {
  const messages = opening(number);
  const [first] = await client.burst([chatOrder(port, name, messages)]);
  const longer: readonly Message[] = [
    ...messages,
    { role: 'assistant', content: first!.text },
    { role: 'user', content: 'And when is it open?' },
  ];
  const [second] = await client.burst([chatOrder(port, name, longer)]);
  return { first: first!, second: second! };
}

/** The last token of an answer was sampled and not evaluated, so it counts as new, too. */
function cacheRow(name: string, { first, second }: Turns): Row {
  const known = first.promptTokens + first.completionTokens - 1;
  const fresh = second.promptTokens - second.cachedTokens;
  return {
    name: `${name}, second turn's prompt`,
    measured: `${second.promptTokens} prompt, ${second.cachedTokens} cached, ${fresh} new`,
    baseline: `${first.promptTokens} prompt + ${first.completionTokens} answer`,
    target: `≥ ${known} cached`,
    ratio: second.cachedTokens / known,
    pass: second.cachedTokens >= known,
  };
}

async function* askModel(bench: Bench, model: BenchModel): AsyncGenerator<Row, void, undefined> {
  await using server = await startServer();
  const chats: Turns[] = [];
  for (let number = 0; number <= bench.rounds; number += 1) {
    chats.push(await chat(bench.client, server.port, model, number));
  }
  const counted = chats.slice(1);
  yield cacheRow(model.name, counted.at(-1)!);
  const ttftOf = (turn: keyof Turns): number =>
    median(counted.map((turns) => turns[turn].firstTokenMs - turns[turn].sentMs));
  const [firstMs, secondMs] = [ttftOf('first'), ttftOf('second')];
  yield {
    name: `${model.name}, TTFT of the second turn ÷ the first`,
    measured: `${shown(secondMs)} ms`,
    baseline: `${shown(firstMs)} ms`,
    target: '< 1',
    ratio: secondMs / firstMs,
    pass: secondMs < firstMs,
  };
}

export const secondTurn: Question = {
  name: 'second-turn',
  explanation:
    'A chat of two turns: cached_tokens of the second must cover the first prompt and its answer but for the last ' +
    'token; its time to first token by that of the first turn.',
  async *ask(bench) {
    for (const model of bench.chosen(starters)) yield* askModel(bench, model);
  },
};
