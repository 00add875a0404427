// A place in a GBNF text, and what is read there character by character: white space, quoted texts, classes.
import { anyCharacter, type CharacterSet, common, union, without } from './characters.ts';
import { refusal } from './refusal.ts';

export interface GbnfCursor {
  /** The character here; undefined at the end. */
  readonly next: () => string | undefined;
  /** What a sticky pattern matches here, which is read then; null: nothing. */
  readonly matched: (pattern: RegExp) => string | null;
  /** Over white space and comments. */
  readonly skip: (newLines: boolean) => void;
  readonly quoted: () => string;
  readonly characterClass: () => CharacterSet;
  /** @throws ServerError with the line */
  readonly fail: (what: string) => never;
}

const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

export function createGbnfCursor(source: string): GbnfCursor {
  let at = 0;
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
  const character = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[tnr"[\]\\])|[^\\]/uy;
  const readPoint = (end: string): number => {
    const text = matched(character) ?? fail(at < source.length ? 'an unknown escape' : `no ${end} at the end`);
    const point = pointOf(text);
    return point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? fail('half a character') : point;
  };
  const readClass = (): CharacterSet => {
    if (matched(/\./y)) return anyCharacter;
    const negates = matched(/\[\^?/y) === '[^';
    const ranges: [number, number][] = [];
    while (source[at] !== ']') {
      const from = readPoint(']');
      const to = matched(/-(?!\])/y) === null ? from : readPoint(']');
      if (from > to) fail('a range the wrong way round');
      ranges.push([from, to]);
    }
    if (ranges.length === 0) fail('an empty class');
    at += 1;
    const set = union(ranges);
    return negates ? without(anyCharacter, set) : common(set, anyCharacter);
  };
  return {
    fail,
    matched,
    next: () => source[at],
    skip: (newLines) => void matched(newLines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /(?:[ \t]|#[^\r\n]*)*/y),
    characterClass: readClass,
    quoted: () => {
      at += 1;
      const points: number[] = [];
      while (source[at] !== '"') points.push(readPoint('"'));
      at += 1;
      return points.map((point) => String.fromCodePoint(point)).join('');
    },
  };
}

function pointOf(text: string): number {
  if (!text.startsWith('\\')) return text.codePointAt(0) ?? 0;
  if (text.length > 2) return Number.parseInt(text.slice(2), 16);
  return (controls[text[1]!] ?? text[1]!).codePointAt(0) ?? 0;
}
