// What the clients of the soak run ask, and whether what they got is right.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../../bench/harness/paths.ts';
import { caseOf, tell, told } from '../faults/harness/cases.ts';
import { type Answer, ask, endedOnce, type Question } from '../faults/harness/client.ts';
import type { Random } from '../faults/harness/seeded.ts';
import { llama, mlx, scripted } from '../faults/harness/server.ts';

export const counts = scripted('counts');
export const vision = 'starter/shapes-vlm';
export const realModels = [llama, mlx, vision] as const;

export interface Act {
  readonly question: Omit<Question, 'port' | 'onPiece'>;
  /** Undefined: whatever the model says, it must say it to its end. */
  readonly expected: string | undefined;
  /** Its client leaves after so many pieces. */
  readonly leavesAfter: number | undefined;
}

/** Answers of the undisturbed server to what the real models are asked. */
export type References = ReadonlyMap<string, readonly (Act & { readonly text: string })[]>;

const realQuestions: Readonly<Record<(typeof realModels)[number], readonly Act['question'][]>> = {
  [llama]: [0, 1, 2, 3].map((number) => ({ model: llama, stream: number % 2 === 0, ...caseOf(number, 10) })),
  [mlx]: [4, 5, 6].map((number) => ({ model: mlx, stream: number % 2 === 0, ...caseOf(number, 8) })),
  [vision]: ['red-circle-256.png', 'blue-square-512.png'].map((name) => ({
    model: vision,
    stream: false,
    more: { max_tokens: 8, temperature: 0 },
    content: [
      { type: 'image_url', image_url: { url: pictureOf(name) } },
      { type: 'text', text: 'What is in the image?' },
    ],
  })),
};

function pictureOf(name: string): string {
  const bytes = readFileSync(join(paths.root, 'test/fixtures/shapes-vlm', name));
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

/** Asks everything once, one at a time. */
export async function takeReferences(port: number): Promise<References> {
  const references = new Map<string, (Act & { text: string })[]>();
  for (const model of realModels) {
    const taken: (Act & { text: string })[] = [];
    for (const question of realQuestions[model]) {
      const answer = await ask({ port, ...question }).answer;
      if (!endedOnce(answer, question.stream)) throw new Error(`${model} gave no answer: ${answer.code}`);
      const expected = model === llama ? undefined : answer.text; // Near-ties may fall otherwise beside a seam.
      taken.push({ question, expected, leavesAfter: undefined, text: answer.text });
    }
    references.set(model, taken);
  }
  return references;
}

/** Of a scripted worker: streams and whole answers, some left by their client, some with a prompt that needs a block. */
export function scriptedAct(random: Random, number: number): Act {
  const tokens = random.whole(3, 60);
  const word = `s${number}x`;
  const padding = random.next() < 0.1 ? ` ${'padding '.repeat(10_000)}` : '';
  const stream = random.next() < 0.6;
  return {
    question: { model: counts, content: `${padding}${tell(word, tokens, random.whole(1, 8))}`, stream },
    expected: told(word, tokens),
    leavesAfter: stream && random.next() < 0.2 ? random.whole(1, 3) : undefined,
  };
}

/** What is wrong with `answer`, or undefined. `strikes`: how often its worker was killed meanwhile. */
export function problemWith({ question, expected }: Act, answer: Answer, strikes: number): string | undefined {
  if (answer.left) return undefined;
  if (answer.code === 'worker_crashed' && strikes > 1) return undefined; // In flight at two kills.
  if (!endedOnce(answer, question.stream)) return `${question.model}: ${answer.status} ${answer.code ?? 'no end'}`;
  if (expected === undefined || answer.text === expected) return undefined;
  return `${question.model}: said ${JSON.stringify(answer.text.slice(0, 80))}`;
}

/** Requests that must be refused: path, body, status. */
export const badRequests: readonly (readonly [path: string, body: string, status: number])[] = [
  ['/v1/chat/completions', '{', 400],
  ['/v1/chat/completions', '{"messages":[]}', 400],
  ['/v1/chat/completions', '{"model":"../x","messages":[{"role":"user","content":"x"}]}', 400],
  ['/v1/chat/completions', '{"model":"no/such","messages":[{"role":"user","content":"x"}]}', 404],
  ['/v1/completions', '{"prompt":"x","max_tokens":-1}', 400],
  ['/v1/nowhere', '{}', 404],
  ['/v1/chat/completions', `{"x":${'['.repeat(200)}`, 400],
];
