// The matcher of grammars against llama.cpp's own, which it is to understand as they do: random grammars, random texts.
import { expect, it } from 'vitest';
import { checkGbnf } from '../../src/llama-worker/grammar/check-gbnf.ts';
import { compileGrammar } from '../../src/llama-worker/grammar/compile-grammar.ts';
import { createMatcher, type Place } from '../../src/llama-worker/grammar/matcher.ts';
import { createMeter } from '../../src/llama-worker/grammar/meter.ts';
import { startLlama } from '../../src/llama-worker/start-llama.ts';

interface LlamaGrammar {
  isTextCompatible(text: string): boolean;
}
type LlamaGrammars = new (gbnf: string, options: object) => LlamaGrammar;

/** The same numbers on every machine. */
function createRandom(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)]!;
  const several = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + below(most) }, make);
  return { below, pick, several };
}
const { below, pick, several } = createRandom(7);

const texts = ['a', 'b', 'ab', 'é', '\\u20ac', 'b\\x61'];
const classes = ['[ab]', '[^a]', '[a-cé]', '.', '[^\\n€]'];
const times = ['', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}'];
const atom = (depth: number): string =>
  pick([
    () => `"${pick(texts)}"`,
    () => pick(classes),
    () => (depth > 0 ? `(${expression(depth - 1)})` : '"c"'),
    () => pick(['root', 'x', 'y']),
  ])();
const expression = (depth: number): string =>
  several(3, () => several(3, () => atom(depth) + pick(times)).join(' ')).join(' | ');
const grammar = (): string => `root ::= ${expression(2)}\nx ::= ${expression(1)}\ny ::= "a" | "b" ${expression(1)}`;
const text = (): string =>
  Array.from({ length: below(7) }, () => pick(['a', 'a', 'b', 'b', 'c', 'é', '€', '\n'])).join('');

function fits(gbnf: string): ((sample: string) => boolean) | null {
  let rules: ReturnType<typeof checkGbnf>;
  try {
    rules = checkGbnf(gbnf);
  } catch {
    return null; // What llama.cpp cannot be trusted with.
  }
  const matcher = createMatcher(compileGrammar(rules));
  const meter = createMeter(Infinity);
  return (sample) => {
    let place: Place | null = matcher.start(meter);
    for (const byte of Buffer.from(sample)) place = place && matcher.step(place, byte, meter);
    return place?.ends === true;
  };
}

it('a grammar takes the texts that llama.cpp takes with it, and no others', async () => {
  const llama = await startLlama(() => undefined);
  const bindings: unknown = Reflect.get(llama, '_bindings');
  const Grammar = Reflect.get(Object(bindings), 'AddonGrammar') as LlamaGrammars;
  const differences: object[] = [];
  let [tried, taken] = [0, 0];
  while (tried < 400) {
    const gbnf = grammar();
    const fitsHere = fits(gbnf);
    if (fitsHere === null) continue;
    tried += 1;
    const theirs = new Grammar(gbnf, { addonExports: bindings, rootRuleName: 'root' });
    for (const sample of several(30, text)) {
      const fitsThere = theirs.isTextCompatible(sample);
      if (fitsThere) taken += 1;
      if (fitsHere(sample) !== fitsThere) differences.push({ gbnf, sample, fitsThere });
    }
  }
  expect(differences).toEqual([]);
  expect(taken).toBeGreaterThan(500);
});
