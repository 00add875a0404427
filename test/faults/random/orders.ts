// What request number N of a seed asks, and what the answer must be.
import { type Case, caseOf, tell, told } from '../harness/cases.ts';
import { ask } from '../harness/client.ts';
import { seeded } from '../harness/seeded.ts';
import { llama, mlx } from '../harness/server.ts';
import { type ModelName, models } from './plan.ts';

export interface Order {
  readonly number: number;
  readonly model: ModelName;
  readonly content: string;
  readonly more: object;
  readonly stream: boolean;
  readonly expected: Expected;
  /** The client leaves after so many pieces (streams) or milliseconds; undefined: it stays. */
  readonly leaves: { readonly afterPieces: number; readonly afterMs: number; readonly how: 'fin' | 'rst' } | undefined;
}

export interface Expected {
  readonly text: string;
  readonly tokens: number;
  readonly pieces: number;
}

/** Answers of an undisturbed server to the cases of the real models, asked one at a time. */
export type References = ReadonlyMap<ModelName, readonly Expected[]>;

export interface Questions {
  readonly mlx: number;
  readonly llama: number;
}

const realCase = (number: number): Case => caseOf(number, 10 + (number % 3) * 3);

export async function takeReferences(port: number, questions: Questions): Promise<References> {
  const references = new Map<ModelName, Expected[]>();
  for (const [model, count] of [
    [mlx, questions.mlx],
    [llama, questions.llama],
  ] as const) {
    const taken: Expected[] = [];
    for (let number = 0; number < count; number += 1) {
      const { text, completionTokens, pieceMs } = await ask({ port, model, ...realCase(number), stream: true }).answer;
      if (completionTokens === null || text === '') throw new Error(`${model} gave no answer to case ${number}`);
      taken.push({ text, tokens: completionTokens, pieces: pieceMs.length });
    }
    references.set(model, taken);
  }
  return references;
}

export interface OrderOptions {
  readonly seed: number;
  readonly number: number;
  readonly references: References;
  /** Asked more often than the others, until the killer has found its moment. */
  readonly focus: ModelName | undefined;
  readonly closed: ReadonlySet<ModelName>;
}

export function orderOf({ seed, number, references, focus, closed }: OrderOptions): Order {
  const random = seeded(seed + 0x10_0000, number);
  const open = models.filter((model) => !closed.has(model));
  const drawn = random.next() < 0.8 && focus !== undefined && !closed.has(focus) ? focus : random.pick(open);
  const stream = random.next() < 0.7;
  const leaves =
    random.next() < 0.15
      ? { afterPieces: random.whole(1, 8), afterMs: random.whole(5, 1500), how: random.pick(['fin', 'rst'] as const) }
      : undefined;
  const common = { number, model: drawn, stream, leaves };
  const known = references.get(drawn);
  if (known !== undefined) {
    const index = random.whole(0, known.length - 1);
    return { ...common, ...realCase(index), expected: known[index]! };
  }
  const tokens = random.whole(10, 60);
  const word = `r${number}x`; // Nobody else's.
  const expected = { text: told(word, tokens), tokens, pieces: tokens };
  return { ...common, content: tell(word, tokens, random.whole(2, 15)), more: {}, expected };
}
