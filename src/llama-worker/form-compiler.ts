// Constraints → forms, for one model. Keeps the grammars that it parsed, a bounded number of them.
import type { Constraint } from '../core/index.ts';
import { createForm, type Form } from './form.ts';
import { checkGbnf } from './grammar/check-gbnf.ts';
import { constraintGrammar } from './grammar/constraint-grammar.ts';
import { refusal } from './grammar/refusal.ts';
import type { Native, NativeGrammar } from './native.ts';

export interface FormCompiler {
  /** @throws ServerError for a constraint that cannot be held to; `resume` are tokens that the answer has already */
  readonly formOf: (constraint: Constraint, resume: readonly number[]) => Form;
}

const keptGrammars = 64;
const controlAttribute = 8;

export function createFormCompiler(native: Native, vocabularySize: number): FormCompiler {
  const kept = new Map<string, NativeGrammar>();
  let controls: readonly (readonly [token: number, name: string])[] | undefined;

  const grammarOf = (constraint: Constraint): NativeGrammar => {
    const key = JSON.stringify(constraint);
    const grammar = kept.get(key) ?? parsed(native, constraintGrammar(constraint));
    kept.delete(key);
    kept.set(key, grammar);
    const [oldest] = kept.keys();
    if (kept.size > keptGrammars && oldest !== undefined) kept.delete(oldest);
    return grammar;
  };
  /** All control tokens but those that the constraint itself writes, such as a mark of a call. */
  const bannedBy = (constraint: Constraint): Uint32Array => {
    controls ??= controlTokens(native, vocabularySize);
    const marks = marksOf(constraint);
    return Uint32Array.from(
      controls.filter(([, name]) => !marks.some((mark) => mark.includes(name))).map(([token]) => token),
    );
  };
  return {
    formOf: (constraint, resume) => {
      const state = native.grammars.begin(grammarOf(constraint));
      return createForm({ native, state, bannedTokens: bannedBy(constraint), resume });
    },
  };
}

function parsed(native: Native, gbnf: string): NativeGrammar {
  checkGbnf(gbnf);
  try {
    return native.grammars.parse(gbnf);
  } catch (cause) {
    if (cause instanceof Error) throw refusal('llama.cpp does not take this form as a grammar.');
    throw cause;
  }
}

function controlTokens({ model }: Native, vocabularySize: number): readonly (readonly [number, string])[] {
  const controls: [number, string][] = [];
  for (let token = 0; token < vocabularySize; token += 1) {
    if ((model.getTokenAttributes(token) & controlAttribute) === 0 || model.isEogToken(token)) continue;
    controls.push([token, model.getTokenString(token) ?? '']);
  }
  return controls;
}

function marksOf({ form, after }: Constraint): readonly string[] {
  const marks = after === null ? [] : [after];
  if (form.kind === 'tagged') {
    marks.push(form.separator, form.trigger ?? '', ...form.tags.flatMap(({ begin, end }) => [begin, end]));
  }
  return marks;
}
