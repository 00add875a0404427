// The regular part of ECMAScript's regular expressions → GBNF. What is not regular, or not certain, is refused.
// Lazy quantifiers match the same texts as greedy ones, so they are taken.
import { anyCharacter, type CharacterSet, single, union, without } from './characters.ts';
import { refusal } from './refusal.ts';

export type Pattern =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'alternatives'; readonly branches: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly of: Pattern; readonly min: number; readonly max: number };

/** A branch of the whole expression, and at which ends an anchor holds it. */
export interface Branch {
  readonly pattern: Pattern;
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

const maxRepetitions = 2000;
const maxGroups = 64;
const digits: CharacterSet = [[48, 57]];
const word: CharacterSet = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const lineEnds: CharacterSet = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
const spaces: CharacterSet = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const negated = (set: CharacterSet): CharacterSet => without(anyCharacter, set);
const classes: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  D: negated(digits),
  w: word,
  W: negated(word),
  s: spaces,
  S: negated(spaces),
};
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', 0: '\0' };

/** @throws ServerError naming what is not taken */
export function parsePattern(source: string): readonly Branch[] {
  const characters = Array.from(source);
  let at = 0;
  let depth = 0;
  const fail = (what: string): never => {
    throw refusal(`The pattern ${JSON.stringify(source.slice(0, 100))} has ${what} at character ${at + 1}.`);
  };
  const next = (): string | undefined => characters[at];
  const take = (text: string): boolean => {
    if (
      !characters
        .slice(at, at + text.length)
        .join('')
        .startsWith(text)
    )
      return false;
    at += text.length;
    return true;
  };
  const hex = (length: number): number => {
    const text = characters.slice(at, at + length).join('');
    if (!new RegExp(`^[0-9a-fA-F]{${length}}$`).test(text)) return fail('a bad escape');
    at += length;
    return Number.parseInt(text, 16);
  };
  const pointOf = (): CharacterSet => {
    let point: number;
    if (take('{')) {
      const end = characters.indexOf('}', at);
      const text = characters.slice(at, Math.max(at, end)).join('');
      if (!/^[0-9a-fA-F]{1,6}$/.test(text)) return fail('a bad escape');
      at = end + 1;
      point = Number.parseInt(text, 16);
    } else point = hex(4);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return fail('half a character');
    return [[point, point]];
  };
  /** Behind the backslash. */
  const escapeSequence = (): CharacterSet => {
    const letter = next() ?? fail('a backslash and nothing behind it');
    at += 1;
    if (classes[letter]) return classes[letter];
    if (letter === 'u') return pointOf();
    if (letter === 'x') {
      const point = hex(2);
      return [[point, point]];
    }
    if (controls[letter] !== undefined) return [single(controls[letter])];
    if (/[A-Za-z0-9]/.test(letter)) return fail(`\\${letter}, which is not taken here,`);
    return [single(letter)];
  };
  const classMember = (): CharacterSet => {
    const character = next() ?? fail('a class that does not end');
    at += 1;
    if (character !== '\\') return [single(character)];
    if (next() !== 'b') return escapeSequence();
    at += 1;
    return [single('\b')];
  };
  const characterClass = (): CharacterSet => {
    const negates = take('^');
    let set: CharacterSet = [];
    while (next() !== ']') {
      const from = classMember();
      if (next() !== '-' || characters[at + 1] === ']') {
        set = union(set, from);
        continue;
      }
      at += 1;
      const to = classMember();
      const [low, high] = [from[0], to[0]];
      const isRange = from.length === 1 && to.length === 1 && low![0] === low![1] && high![0] === high![1];
      if (!isRange || low![0] > high![0]) return fail('a bad range');
      set = union(set, without([[low![0], high![0]]], [[0xd800, 0xdfff]]));
    }
    at += 1;
    return negates ? negated(set) : set;
  };
  const group = (): Pattern => {
    depth += 1;
    if (depth > maxGroups) fail('groups nested too deeply');
    if (take('?')) {
      const named = /^<[A-Za-z_]\w*>/.exec(characters.slice(at, at + 64).join(''));
      if (named) at += named[0].length;
      else if (!take(':')) fail('a group that looks around or sets flags, which is not taken here,');
    }
    const branches = alternatives();
    if (!take(')')) fail('a group that does not end');
    depth -= 1;
    return branches;
  };
  const atom = (): Pattern => {
    const character = next()!;
    at += 1;
    switch (character) {
      case '.':
        return { kind: 'set', set: negated(lineEnds) };
      case '[':
        return { kind: 'set', set: characterClass() };
      case '(':
        return group();
      case '\\':
        return { kind: 'set', set: escapeSequence() };
      case '^':
      case '$':
        at -= 1;
        return fail('an anchor inside');
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        at -= 1;
        return fail(`a stray ${character}`);
      default:
        return { kind: 'set', set: [single(character)] };
    }
  };
  const bounds = (): readonly [number, number] | null => {
    if (take('*')) return [0, Infinity];
    if (take('+')) return [1, Infinity];
    if (take('?')) return [0, 1];
    if (next() !== '{') return null;
    const text = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(characters.slice(at, at + 24).join(''));
    if (text === null) return fail('a stray {');
    at += text[0].length;
    const min = Number(text[1]);
    const max = text[2] === undefined ? min : text[3] === '' ? Infinity : Number(text[3]);
    if (min > max) return fail('a repetition with its bounds the wrong way round');
    if (min > maxRepetitions || (max !== Infinity && max > maxRepetitions)) {
      return fail(`a repetition above ${maxRepetitions}`);
    }
    return [min, max];
  };
  const sequence = (): Pattern => {
    const parts: Pattern[] = [];
    while (next() !== undefined && next() !== '|' && next() !== ')' && !(next() === '$' && endsHere())) {
      const of = atom();
      const times = bounds();
      take('?');
      parts.push(times === null ? of : repeat(of, times));
    }
    return { kind: 'sequence', parts };
  };
  const repeat = (of: Pattern, [min, max]: readonly [number, number]): Pattern => {
    if (max > 1 && mayBeEmpty(of)) return fail('a repetition of what may be empty');
    return { kind: 'repeat', of, min, max };
  };
  /** Whether the `$` here ends a branch of the whole expression. */
  const endsHere = (): boolean => depth === 0 && [undefined, '|'].includes(characters[at + 1]);
  const alternatives = (): Pattern => {
    const branches = [sequence()];
    while (take('|')) branches.push(sequence());
    return branches.length === 1 ? branches[0]! : { kind: 'alternatives', branches };
  };
  const branch = (): Branch => {
    const atStart = take('^');
    const pattern = sequence();
    return { pattern, atStart, atEnd: take('$') };
  };
  const branches = [branch()];
  while (take('|')) branches.push(branch());
  if (at < characters.length) fail('a stray )');
  return branches;
}

export function mayBeEmpty(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'set':
      return false;
    case 'sequence':
      return pattern.parts.every(mayBeEmpty);
    case 'alternatives':
      return pattern.branches.some(mayBeEmpty);
    case 'repeat':
      return pattern.min === 0 || mayBeEmpty(pattern.of);
  }
}
