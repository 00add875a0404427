// GBNF text → its rules, by llama.cpp's own notation. What is not certain there, and what names tokens instead of text,
// is refused.
import { type CharacterSet, single } from './characters.ts';
import { createGbnfCursor, type GbnfCursor } from './gbnf-cursor.ts';

export type Element =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'class'; readonly set: CharacterSet }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'group'; readonly alternatives: Alternatives }
  | { readonly kind: 'repeat'; readonly of: Element; readonly min: number; readonly max: number };

export type Alternatives = readonly (readonly Element[])[];

/** As in llama.cpp, which takes a larger bound for none. */
const maxRepetitions = 2000;
const maxDepth = 100;

/** @throws ServerError saying where */
export function parseGbnf(source: string): ReadonlyMap<string, Alternatives> {
  const cursor = createGbnfCursor(source);
  const rules = new Map<string, Alternatives>();
  for (cursor.skip(true); cursor.next() !== undefined; cursor.skip(true)) {
    const name = cursor.matched(/[A-Za-z0-9-]+/y) ?? cursor.fail('no name of a rule');
    cursor.skip(false);
    if (cursor.matched(/::=/y) === null) cursor.fail('no ::=');
    if (rules.has(name)) cursor.fail(`the rule ${name} a second time`);
    cursor.skip(true);
    rules.set(name, readAlternatives(cursor, 0));
    if (cursor.next() !== undefined && cursor.matched(/\r?\n|\r/y) === null) {
      cursor.fail(`an unexpected ${JSON.stringify(cursor.next())}`);
    }
  }
  return rules;
}

/** @param depth groups around it; within one a line may end anywhere */
function readAlternatives(cursor: GbnfCursor, depth: number): Alternatives {
  const found = [readSequence(cursor, depth)];
  while (cursor.matched(/\|/y)) {
    cursor.skip(true);
    found.push(readSequence(cursor, depth));
  }
  return found;
}

function readSequence(cursor: GbnfCursor, depth: number): readonly Element[] {
  const elements: Element[] = [];
  for (let element = readAtom(cursor, depth); element !== null; element = readAtom(cursor, depth)) {
    cursor.skip(depth > 0);
    let marks = 0;
    for (let times = readBounds(cursor, depth); times !== null; times = readBounds(cursor, depth)) {
      marks += 1;
      if (marks > maxDepth) cursor.fail('repetitions nested too deeply');
      element = { kind: 'repeat', of: element, min: times[0], max: times[1] };
      cursor.skip(depth > 0);
    }
    elements.push(element);
  }
  return elements;
}

function readAtom(cursor: GbnfCursor, depth: number): Element | null {
  switch (cursor.next()) {
    case '"':
      return { kind: 'text', text: cursor.quoted() };
    case '[':
    case '.':
      return { kind: 'class', set: cursor.characterClass() };
    case '(': {
      if (depth === maxDepth) cursor.fail('groups nested too deeply');
      cursor.matched(/\(/y);
      cursor.skip(true);
      const alternatives = readAlternatives(cursor, depth + 1);
      if (cursor.matched(/\)/y) === null) cursor.fail('no ) at the end');
      return { kind: 'group', alternatives };
    }
    case '<':
    case '!':
      return cursor.fail('a token, which is not taken here; write its text');
    default: {
      const name = cursor.matched(/[A-Za-z0-9-]+/y);
      return name === null ? null : { kind: 'rule', name };
    }
  }
}

const shortBounds: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
};

function readBounds(cursor: GbnfCursor, depth: number): readonly [number, number] | null {
  const short = shortBounds[cursor.matched(/[*+?]/y) ?? ''];
  if (short !== undefined) return short;
  if (cursor.next() !== '{') return null;
  const text = cursor.matched(
    depth > 0 ? /\{\s*\d{1,9}\s*(?:,\s*(?:\d{1,9}\s*)?)?\}/y : /\{[ \t]*\d{1,9}[ \t]*(?:,[ \t]*(?:\d{1,9}[ \t]*)?)?\}/y,
  );
  const [least = '', most = least] = (text ?? cursor.fail('a bad repetition')).slice(1, -1).split(',');
  const [min, max] = [Number(least), most.trim() === '' ? Infinity : Number(most)];
  if (min > max || min > maxRepetitions || (max !== Infinity && max > maxRepetitions)) {
    cursor.fail(`a repetition above ${maxRepetitions} or the wrong way round`);
  }
  return [min, max];
}

/** The characters of a text as sets of one. */
export const setsOf = (text: string): CharacterSet[] => Array.from(text, (character) => [single(character)]);
