// A place in a regular expression, and what is read there character by character: escapes and classes.
import { anyCharacter, type CharacterSet, single, union, without } from './characters.ts';
import { refusal } from './refusal.ts';

export interface PatternCursor {
  /** The character here, or so many behind it; undefined beyond the end. */
  readonly next: (behind?: number) => string | undefined;
  /** Whether this character stands here, which is read then. */
  readonly take: (character: string) => boolean;
  /** What a pattern matches within the next characters, which is read then. It begins with `^`. */
  readonly matched: (pattern: RegExp) => RegExpExecArray | null;
  /** Any one character. */
  readonly read: () => string | undefined;
  /** @throws ServerError naming what is not taken, and where */
  readonly fail: (what: string) => never;
}

/** As far as a pattern of `matched` may reach. */
const longestMatch = 64;
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

export function createPatternCursor(source: string): PatternCursor {
  const characters = Array.from(source);
  let at = 0;
  return {
    next: (behind = 0) => characters[at + behind],
    take: (character) => {
      if (characters[at] !== character) return false;
      at += 1;
      return true;
    },
    matched: (pattern) => {
      const match = pattern.exec(characters.slice(at, at + longestMatch).join(''));
      at += Array.from(match?.[0] ?? '').length;
      return match;
    },
    read: () => {
      at += 1;
      return characters[at - 1];
    },
    fail: (what) => {
      throw refusal(`The pattern ${JSON.stringify(source.slice(0, 100))} has ${what} at character ${at + 1}.`);
    },
  };
}

export const anyButLineEnds = negated(lineEnds);

/** Behind the backslash. */
export function readEscape(cursor: PatternCursor): CharacterSet {
  const letter = cursor.read() ?? cursor.fail('a backslash and nothing behind it');
  if (classes[letter]) return classes[letter];
  if (letter === 'u' || letter === 'x') return readPoint(cursor, letter);
  if (controls[letter] !== undefined) return [single(controls[letter])];
  if (/[A-Za-z0-9]/.test(letter)) return cursor.fail(`\\${letter}, which is not taken here,`);
  return [single(letter)];
}

function readPoint(cursor: PatternCursor, letter: 'u' | 'x'): CharacterSet {
  const forms = letter === 'x' ? /^([0-9a-fA-F]{2})/ : /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/;
  const match = cursor.matched(forms) ?? cursor.fail('a bad escape');
  const point = Number.parseInt(match[1] ?? match[2] ?? '', 16);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return cursor.fail('half a character');
  return [[point, point]];
}

/** Behind the opening bracket. */
export function readClass(cursor: PatternCursor): CharacterSet {
  const negates = cursor.take('^');
  let set: CharacterSet = [];
  while (!cursor.take(']')) {
    const from = readMember(cursor);
    if (cursor.next() !== '-' || cursor.next(1) === ']') {
      set = union(set, from);
      continue;
    }
    cursor.take('-');
    const to = readMember(cursor);
    const [low, high] = [from[0], to[0]];
    const isRange = from.length === 1 && to.length === 1 && low![0] === low![1] && high![0] === high![1];
    if (!isRange || low![0] > high![0]) return cursor.fail('a bad range');
    set = union(set, without([[low![0], high![0]]], [[0xd800, 0xdfff]]));
  }
  return negates ? negated(set) : set;
}

function readMember(cursor: PatternCursor): CharacterSet {
  const character = cursor.read() ?? cursor.fail('a class that does not end');
  if (character !== '\\') return [single(character)];
  return cursor.take('b') ? [single('\b')] : readEscape(cursor);
}
