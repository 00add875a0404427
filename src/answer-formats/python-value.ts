// Python's literals, read from text that is still arriving → JSON text.
import { Malformed, type Reading, type TextReader } from './text-reader.ts';

const words: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };
const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  '\n': '',
};

/** @throws Malformed when there is none */
export function* readIdentifier(reader: TextReader): Reading<string> {
  const name = yield* takeWhile(reader, /^[\w.]+/);
  if (name === '') throw new Malformed();
  return name;
}

function* takeWhile(reader: TextReader, pattern: RegExp): Reading<string> {
  let taken = '';
  for (;;) {
    const piece = pattern.exec(yield* reader.rest())?.[0] ?? '';
    if (piece === '') return taken;
    taken += reader.take(piece.length);
  }
}

/** JSON text of a string, number, truth value, list, tuple or dictionary. @throws Malformed */
export function* readPythonValue(reader: TextReader): Reading<string> {
  const first = (yield* reader.rest())[0] ?? '';
  if (first === '"' || first === "'") return JSON.stringify(yield* readString(reader));
  if (first === '[' || first === '(')
    return `[${(yield* readItems(reader, first === '[' ? ']' : ')', false)).join(', ')}]`;
  if (first === '{') return `{${(yield* readItems(reader, '}', true)).join(', ')}}`;
  const word = yield* takeWhile(reader, /^[-+\w.]+/);
  const json = Object.hasOwn(words, word) ? words[word]! : word;
  try {
    JSON.parse(json);
    return json;
  } catch (cause) {
    throw new Malformed('no literal', { cause });
  }
}

function* readItems(reader: TextReader, end: string, keyed: boolean): Reading<string[]> {
  reader.take(1);
  const items: string[] = [];
  for (;;) {
    yield* reader.space();
    if (yield* reader.accept(end)) return items;
    const item = yield* readPythonValue(reader);
    yield* reader.space();
    if (keyed) {
      yield* reader.expect(':');
      yield* reader.space();
      items.push(`${item.startsWith('"') ? item : JSON.stringify(item)}: ${yield* readPythonValue(reader)}`);
      yield* reader.space();
    } else items.push(item);
    yield* reader.accept(',');
  }
}

function* readString(reader: TextReader): Reading<string> {
  const quote = reader.take(1);
  let text = '';
  for (;;) {
    const character = yield* readCharacter(reader);
    if (character === quote) return text;
    text += character === '\\' ? yield* readEscape(reader) : character;
  }
}

function* readCharacter(reader: TextReader): Reading<string> {
  if ((yield* reader.rest()) === '') throw new Malformed();
  return reader.take(1);
}

function* readEscape(reader: TextReader): Reading<string> {
  const character = yield* readCharacter(reader);
  const digits = { x: 2, u: 4, U: 8 }[character];
  if (digits === undefined) return escapes[character] ?? (/["'\\]/.test(character) ? character : `\\${character}`);
  let code = '';
  while (code.length < digits) code += yield* readCharacter(reader);
  const point = /^[\da-f]+$/i.test(code) ? Number.parseInt(code, 16) : Number.NaN;
  if (!(point <= 0x10ffff)) throw new Malformed();
  return String.fromCodePoint(point);
}
