// The regular part of ECMAScript's regular expressions → GBNF. What is not regular, or not certain, is refused.
// Lazy quantifiers match the same texts as greedy ones, so they are taken.
import { type CharacterSet, single } from './characters.ts';
import {
  anyButLineEnds,
  createPatternCursor,
  type PatternCursor,
  readClass,
  readEscape,
} from './pattern-characters.ts';

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
/** @throws ServerError naming what is not taken */
export function parsePattern(source: string): readonly Branch[] {
  const cursor = createPatternCursor(source);
  const branches = [readBranch(cursor)];
  while (cursor.take('|')) branches.push(readBranch(cursor));
  if (cursor.next() !== undefined) cursor.fail('a stray )');
  return branches;
}

function readBranch(cursor: PatternCursor): Branch {
  const atStart = cursor.take('^');
  const pattern = readSequence(cursor, 0);
  return { pattern, atStart, atEnd: cursor.take('$') };
}

/** @param depth groups around it */
function readSequence(cursor: PatternCursor, depth: number): Pattern {
  const parts: Pattern[] = [];
  /** A `$` that ends a branch of the whole expression. */
  const isEnd = (): boolean => cursor.next() === '$' && depth === 0 && [undefined, '|'].includes(cursor.next(1));
  while (![undefined, '|', ')'].includes(cursor.next()) && !isEnd()) {
    const of = readAtom(cursor, depth);
    const times = readBounds(cursor);
    cursor.take('?');
    if (times !== null && times[1] > 1 && mayBeEmpty(of)) return cursor.fail('a repetition of what may be empty');
    parts.push(times === null ? of : { kind: 'repeat', of, min: times[0], max: times[1] });
  }
  return { kind: 'sequence', parts };
}

function readAlternatives(cursor: PatternCursor, depth: number): Pattern {
  const branches = [readSequence(cursor, depth)];
  while (cursor.take('|')) branches.push(readSequence(cursor, depth));
  return branches.length === 1 ? branches[0]! : { kind: 'alternatives', branches };
}

function readAtom(cursor: PatternCursor, depth: number): Pattern {
  const character = cursor.next()!;
  if (character === '^' || character === '$') return cursor.fail('an anchor inside');
  if ('*+?{}]'.includes(character)) return cursor.fail(`a stray ${character}`);
  cursor.read();
  switch (character) {
    case '.':
      return { kind: 'set', set: anyButLineEnds };
    case '[':
      return { kind: 'set', set: readClass(cursor) };
    case '(':
      return readGroup(cursor, depth + 1);
    case '\\':
      return { kind: 'set', set: readEscape(cursor) };
    default:
      return { kind: 'set', set: [single(character)] };
  }
}

/** Behind the opening parenthesis. */
function readGroup(cursor: PatternCursor, depth: number): Pattern {
  if (depth > maxGroups) cursor.fail('groups nested too deeply');
  if (cursor.take('?') && cursor.matched(/^<[A-Za-z_]\w*>/) === null && !cursor.take(':')) {
    cursor.fail('a group that looks around or sets flags, which is not taken here,');
  }
  const inside = readAlternatives(cursor, depth);
  if (!cursor.take(')')) cursor.fail('a group that does not end');
  return inside;
}

function readBounds(cursor: PatternCursor): readonly [number, number] | null {
  if (cursor.take('*')) return [0, Infinity];
  if (cursor.take('+')) return [1, Infinity];
  if (cursor.take('?')) return [0, 1];
  if (cursor.next() !== '{') return null;
  const text = cursor.matched(/^\{(\d{1,9})(,(\d{0,9}))?\}/);
  if (text === null) return cursor.fail('a stray {');
  const min = Number(text[1]);
  const max = text[2] === undefined ? min : text[3] === '' ? Infinity : Number(text[3]);
  if (min > max) return cursor.fail('a repetition with its bounds the wrong way round');
  if (min > maxRepetitions || (max !== Infinity && max > maxRepetitions)) {
    return cursor.fail(`a repetition above ${maxRepetitions}`);
  }
  return [min, max];
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
