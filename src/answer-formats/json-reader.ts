// JSON in text that is still arriving: where a value ends is known with its last character, and its text streams before.
import { Malformed, type Reading, type TextReader } from './text-reader.ts';

const structural = /[-+.\w\s[\]{},:]/;
const closes: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** Follows brackets and strings through a JSON value, a character at a time. */
class ValueScan {
  readonly #open: string[] = [];
  #inString = false;
  #escaped = false;
  #isScalar = false;

  /** Whether the value ends before this character, with it, or not yet. @throws Malformed */
  take(character: string): 'before' | 'with' | 'later' {
    if (this.#inString) return this.#takeInString(character);
    if (this.#isScalar && this.#open.length === 0 && /[\s,\]}]/.test(character)) return 'before';
    if (character === '"') {
      if (this.#isScalar && this.#open.length === 0) throw new Malformed();
      this.#inString = true;
      return 'later';
    }
    if (!structural.test(character)) throw new Malformed();
    if (character in closes) this.#open.push(closes[character]!);
    else if (character === '}' || character === ']') {
      if (this.#open.pop() !== character) throw new Malformed();
      return this.#open.length === 0 ? 'with' : 'later';
    } else if (this.#open.length === 0) this.#isScalar = true;
    return 'later';
  }

  #takeInString(character: string): 'with' | 'later' {
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') {
      this.#inString = false;
      if (this.#open.length === 0) return 'with';
    }
    return 'later';
  }
}

/** Hands the text of one value to `onText` as it comes. White space in front must be gone. @throws Malformed */
export function* streamJson(reader: TextReader, onText: (text: string) => void): Reading<void> {
  const scan = new ValueScan();
  for (;;) {
    const text = yield* reader.rest();
    if (text === '') throw new Malformed();
    const end = endIn(text, scan, (at) => {
      if (at > 0) onText(reader.take(at));
    });
    onText(reader.take(end ?? text.length));
    if (end !== undefined) return;
  }
}

/** How much of `text` belongs to the value, when it ends in it. `beforeFault` hears how much was sound. */
function endIn(text: string, scan: ValueScan, beforeFault: (at: number) => void): number | undefined {
  for (let at = 0; at < text.length; at += 1) {
    try {
      const verdict = scan.take(text[at]!);
      if (verdict !== 'later') return verdict === 'with' ? at + 1 : at;
    } catch (error) {
      beforeFault(at);
      throw error;
    }
  }
  return undefined;
}

/** One whole value. @throws Malformed */
export function* readJson(reader: TextReader): Reading<unknown> {
  let text = '';
  yield* streamJson(reader, (piece) => {
    text += piece;
  });
  return parseJson(text);
}

/** @throws Malformed */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Malformed('no JSON', { cause });
  }
}
