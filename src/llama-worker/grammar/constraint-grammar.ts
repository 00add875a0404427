// A constraint → the GBNF text of the whole answer, what comes before the form included.
import type { Constraint, ConstraintForm, TaggedValue } from '../../core/index.ts';
import { anyCharacter, classOf, literal, single, without } from './characters.ts';
import { jsonSchemaExpression } from './json-schema.ts';
import { oneOfTexts } from './json-text.ts';
import { plainPattern } from './pattern-grammar.ts';
import { refusal, refusedAt } from './refusal.ts';
import { createRules, oneOf, type Rules } from './rules.ts';

const maxGrammarCharacters = 1024 * 1024;

/** @throws ServerError for a form that no grammar here can hold to */
export function constraintGrammar({ form, after }: Constraint): string {
  if (form.kind === 'gbnf') return userGrammar(form.grammar, after);
  const rules = createRules();
  const whole = formExpression(rules, form);
  const grammar = rules.text(after === null ? whole : textUntil(rules, after, { behind: whole, mayEnd: false }));
  if (grammar.length > maxGrammarCharacters)
    throw refusal('The schema is too large when it is written out as a grammar.');
  return grammar;
}

function formExpression(rules: Rules, form: Exclude<ConstraintForm, { kind: 'gbnf' }>): string {
  switch (form.kind) {
    case 'json_schema':
      return jsonSchemaExpression(rules, form.schema);
    case 'regex':
      return plainPattern(rules, form.pattern);
    case 'choice':
      return oneOfTexts(rules, form.choices);
    case 'tagged':
      return taggedExpression(rules, form);
    case 'lark':
      throw refusal('Lark grammars are taken by MLX models alone; this model is a GGUF file and takes GBNF.');
  }
}

function userGrammar(grammar: string, after: string | null): string {
  if (after === null) return grammar;
  throw refusal('A GBNF grammar cannot begin in the middle of an answer; turn thinking off.');
}

function taggedExpression(rules: Rules, form: Extract<ConstraintForm, { kind: 'tagged' }>): string {
  const { tags, separator, many, trigger } = form;
  if (tags.some(({ begin }) => !begin.startsWith(trigger ?? '')))
    throw refusal('Every tag must begin with the trigger.');
  const tag = (cut: number): string => rules.rule(oneOf(tags.map((each, index) => tagAt(rules, each, { index, cut }))));
  const more = many ? ` (${separator === '' ? '' : `${literal(separator)} `}${tag(0)})*` : '';
  if (trigger === null) return `${tag(0)}${more}`;
  return textUntil(rules, trigger, { behind: `${tag(trigger.length)}${more}`, mayEnd: true });
}

function tagAt(rules: Rules, tag: TaggedValue, { index, cut }: { readonly index: number; readonly cut: number }) {
  try {
    return tagExpression(rules, tag, cut);
  } catch (error) {
    throw refusedAt(error, { param: `constraint.form.tags[${index}]` });
  }
}

const tagExpression = (rules: Rules, { begin, schema, end }: TaggedValue, cut: number): string =>
  [begin.slice(cut), null, end]
    .flatMap((text) => (text === null ? [jsonSchemaExpression(rules, schema)] : text === '' ? [] : [literal(text)]))
    .join(' ');

/**
 * Any text up to the first `text`, that itself, then `behind`; with `mayEnd` also a text without it. The rules are
 * the states of Knuth, Morris and Pratt's search: how much of `text` the last characters are.
 */
function textUntil(rules: Rules, text: string, { behind, mayEnd }: { behind: string; mayEnd: boolean }): string {
  const characters = Array.from(text);
  const alphabet = [...new Set(characters)];
  const rest = rules.rule(behind);
  const next = (matched: number, character: string): number => {
    const seen = [...characters.slice(0, matched), character];
    for (let length = seen.length; length > 0; length -= 1) {
      if (seen.slice(seen.length - length).every((each, index) => each === characters[index])) return length;
    }
    return 0;
  };
  const others = classOf(without(anyCharacter, alphabet.map(single)));
  const state = (matched: number): string =>
    matched === characters.length
      ? rest
      : rules.named(`until ${text} ${matched}`, () =>
          oneOf([
            ...alphabet.map((character) => `${literal(character)} ${state(next(matched, character))}`),
            `${others} ${state(0)}`,
            ...(mayEnd ? ['""'] : []),
          ]),
        );
  return state(0);
}
