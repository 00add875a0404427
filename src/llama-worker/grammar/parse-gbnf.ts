// GBNF text → its rules, by llama.cpp's own notation. What llama.cpp would read otherwise than it is written, and
// what names tokens instead of text, is refused.
import { refusal } from './refusal.ts';

export type Element =
  | { readonly kind: 'characters'; readonly isEmpty: boolean }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'group'; readonly alternatives: Alternatives }
  | { readonly kind: 'repeat'; readonly of: Element; readonly min: number; readonly max: number };

export type Alternatives = readonly (readonly Element[])[];

/** Beyond it llama.cpp takes a bound for none. */
const maxRepetitions = 2000;
const maxDepth = 100;

/** @throws ServerError saying where */
export function parseGbnf(source: string): ReadonlyMap<string, Alternatives> {
  let at = 0;
  let depth = 0;
  const fail = (what: string): never => {
    const line = source.slice(0, at).split('\n').length;
    throw refusal(`The grammar is not GBNF: ${what} in line ${line}.`);
  };
  const matched = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0] ?? null;
    at += text?.length ?? 0;
    return text;
  };
  const skip = (newLines: boolean): void => {
    matched(newLines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y);
  };
  const character = /(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[tnr"[\]\\])|[^\\])/y;
  const until = (end: string): number => {
    let count = 0;
    while (source[at] !== end) {
      if (matched(character) === null) fail(at < source.length ? 'an unknown escape' : `no ${end} at the end`);
      count += 1;
    }
    at += 1;
    return count;
  };
  const atom = (): Element | null => {
    switch (source[at]) {
      case '"':
        at += 1;
        return { kind: 'characters', isEmpty: until('"') === 0 };
      case '[':
        at += 1;
        if (until(']') === 0) fail('an empty class');
        return { kind: 'characters', isEmpty: false };
      case '.':
        at += 1;
        return { kind: 'characters', isEmpty: false };
      case '(': {
        at += 1;
        depth += 1;
        if (depth > maxDepth) fail('groups nested too deeply');
        skip(true);
        const inner = alternatives(true);
        if (matched(/\)/y) === null) fail('no ) at the end');
        depth -= 1;
        return { kind: 'group', alternatives: inner };
      }
      case '<':
      case '!':
        return fail('a token, which is not taken here; write its text');
      default: {
        const name = matched(/[A-Za-z0-9-]+/y);
        return name === null ? null : { kind: 'rule', name };
      }
    }
  };
  const bounds = (isNested: boolean): readonly [number, number] | null => {
    if (matched(/\*/y)) return [0, Infinity];
    if (matched(/\+/y)) return [1, Infinity];
    if (matched(/\?/y)) return [0, 1];
    if (source[at] !== '{') return null;
    const text = matched(
      isNested
        ? /\{\s*\d{1,9}\s*(?:,\s*(?:\d{1,9}\s*)?)?\}/y
        : /\{[ \t]*\d{1,9}[ \t]*(?:,[ \t]*(?:\d{1,9}[ \t]*)?)?\}/y,
    );
    const [least = '', most = least] = (text ?? fail('a bad repetition')).slice(1, -1).split(',');
    const [min, max] = [Number(least), most.trim() === '' ? Infinity : Number(most)];
    if (min > max || min > maxRepetitions || (max !== Infinity && max > maxRepetitions)) {
      fail(`a repetition above ${maxRepetitions} or the wrong way round`);
    }
    return [min, max];
  };
  const sequence = (isNested: boolean): readonly Element[] => {
    const elements: Element[] = [];
    for (let element = atom(); element !== null; element = atom()) {
      skip(isNested);
      for (let times = bounds(isNested); times !== null; times = bounds(isNested)) {
        element = { kind: 'repeat', of: element, min: times[0], max: times[1] };
        skip(isNested);
      }
      elements.push(element);
    }
    return elements;
  };
  const alternatives = (isNested: boolean): Alternatives => {
    const found = [sequence(isNested)];
    while (matched(/\|/y)) {
      skip(true);
      found.push(sequence(isNested));
    }
    return found;
  };
  const rules = new Map<string, Alternatives>();
  for (skip(true); at < source.length; skip(true)) {
    const name = matched(/[A-Za-z0-9-]+/y) ?? fail('no name of a rule');
    skip(false);
    if (matched(/::=/y) === null) fail('no ::=');
    if (rules.has(name)) fail(`the rule ${name} a second time`);
    skip(true);
    rules.set(name, alternatives(false));
    if (at < source.length && matched(/\r?\n|\r/y) === null) fail(`an unexpected ${JSON.stringify(source[at])}`);
  }
  return rules;
}
