// Constraints → forms, for one model. Keeps the grammars that were compiled, a bounded number of them.
import type { Constraint } from '../core/index.ts';
import { createForm, type Form } from './form.ts';
import { createMatcher, type Matcher, type Place } from './grammar/matcher.ts';
import type { GrammarThread } from './grammar-thread.ts';
import type { NativeModel } from './native.ts';
import type { TokenPiece } from './text-stream.ts';
import { createTokenOrder, type TokenOrder } from './token-order.ts';

export interface FormCompiler {
  /** Rejects with a ServerError for a constraint that cannot be held to; `resume` are tokens that the answer has already. */
  readonly formOf: (constraint: Constraint, resume: readonly number[]) => Promise<Form>;
}

export interface FormCompilerOptions {
  readonly model: Pick<NativeModel, 'getTokenAttributes' | 'getTokenString' | 'isEogToken'>;
  readonly vocabularySize: number;
  readonly pieceOf: (token: number) => TokenPiece;
  readonly thread: GrammarThread;
}

const keptGrammars = 64;
/** Lists of forbidden tokens, each as long as the vocabulary. */
const keptLists = 32;
const controlAttribute = 8;

interface Vocabulary {
  readonly order: TokenOrder;
  readonly controls: readonly (readonly [token: number, name: string])[];
  readonly ends: readonly number[];
}

export function createFormCompiler(options: FormCompilerOptions): FormCompiler {
  const { model, pieceOf, thread } = options;
  const kept = new Map<string, Promise<Matcher>>();
  const lists = new Map<Place, Uint32Array>();
  let vocabulary: Promise<Vocabulary> | undefined;

  const matcherOf = (constraint: Constraint): Promise<Matcher> => {
    const key = JSON.stringify(constraint);
    const matcher = kept.get(key) ?? thread.compile(constraint).then(createMatcher);
    keepLast(kept, key, matcher, keptGrammars);
    // What was refused for the time it took may be compiled the next time.
    matcher.catch(() => kept.delete(key));
    return matcher;
  };
  return {
    formOf: async (constraint, resume) => {
      vocabulary ??= vocabularyOf(options);
      const [matcher, { order, controls, ends }] = await Promise.all([matcherOf(constraint), vocabulary]);
      const marks = marksOf(constraint);
      const [wanted, banned] = [true, false].map((isMark) =>
        controls.filter(([, name]) => marks.some((mark) => mark.includes(name)) === isMark).map(([token]) => token),
      );
      return createForm({
        matcher,
        bytesOf: (token) => pieceOf(token).bytes,
        isEndToken: (token) => model.isEogToken(token),
        bannedTokens: Uint32Array.from(banned ?? []),
        loneTokens: [...ends, ...(wanted ?? [])],
        forbiddenAt: (place, meter) => {
          const list = lists.get(place) ?? order.forbiddenAt(matcher, place, meter);
          keepLast(lists, place, list, keptLists);
          return list;
        },
        resume,
      });
    },
  };
}

/** As the last of at most so many. */
function keepLast<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

/** All control tokens are forbidden but those that the constraint itself writes, such as a mark of a call. */
async function vocabularyOf({ model, vocabularySize, pieceOf }: FormCompilerOptions): Promise<Vocabulary> {
  const controls: [number, string][] = [];
  const ends: number[] = [];
  for (let token = 0; token < vocabularySize; token += 1) {
    if (model.isEogToken(token)) ends.push(token);
    else if ((model.getTokenAttributes(token) & controlAttribute) !== 0) {
      controls.push([token, model.getTokenString(token) ?? '']);
    }
  }
  const lone = new Set([...ends, ...controls.map(([token]) => token)]);
  const none = new Uint8Array(0);
  return {
    controls,
    ends,
    order: await createTokenOrder(vocabularySize, (token) => (lone.has(token) ? none : pieceOf(token).bytes)),
  };
}

function marksOf({ form, after }: Constraint): readonly string[] {
  const marks = after === null ? [] : [after];
  if (form.kind === 'tagged') {
    marks.push(form.separator, form.trigger ?? '', ...form.tags.flatMap(({ begin, end }) => [begin, end]));
  }
  return marks;
}
