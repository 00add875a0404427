// Bounds on JSON, checked byte by byte as a body arrives: what is refused here is never built. Judges size and names
// only; whether it is JSON at all is for the parser to say.
import { ServerError } from '../../core/index.ts';

/** What the largest sensible request stays far below: ten thousand messages of several parts, 128 K token ids. */
export const jsonLimits = {
  maxDepth: 100,
  /** Objects and arrays. */
  maxContainers: 50_000,
  /** Keys of all objects together. */
  maxMembers: 100_000,
  /** Entries of all arrays together. */
  maxElements: 300_000,
  maxNumberCharacters: 100,
  maxKeyBytes: 1024,
} as const;

const quote = 0x22;
const backslash = 0x5c;

/** Bytes of numbers: digits, sign, point, exponent. */
const isNumberByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x2b || byte === 0x65 || byte === 0x45;

export class JsonScan {
  /** The keys of each open object, null for an open array. */
  readonly #open: (Set<string> | null)[] = [];
  #containers = 0;
  #members = 0;
  #elements = 0;
  #inString = false;
  /** The next byte of the string is escaped. */
  #escaped = false;
  /** The bytes of the key that is being read, each as one character; undefined in any other string. */
  #key: string | undefined;
  #expectsKey = false;
  #numberCharacters = 0;

  /** Takes the next bytes. @throws ServerError `invalid_request` */
  push(chunk: Buffer): void {
    let index = 0;
    while (index < chunk.length) {
      if (this.#inString) {
        index = this.#readString(chunk, index);
        continue;
      }
      const byte = chunk[index]!;
      index += 1;
      this.#numberCharacters = isNumberByte(byte) ? this.#numberCharacters + 1 : 0;
      if (this.#numberCharacters > jsonLimits.maxNumberCharacters)
        throw tooMuch('a number', jsonLimits.maxNumberCharacters, 'characters');
      this.#structure(byte);
    }
  }

  /** Index behind the end of the string, or the end of the chunk. */
  #readString(chunk: Buffer, start: number): number {
    let from = this.#escaped ? start + 1 : start;
    this.#escaped = false;
    for (;;) {
      const found = chunk.indexOf(quote, from);
      const end = found === -1 ? chunk.length : found;
      const isEscaped = backslashesBefore(chunk, end, from) % 2 === 1;
      if (found !== -1 && isEscaped) {
        from = end + 1;
        continue;
      }
      if (this.#key !== undefined) this.#growKey(chunk, start, end);
      if (found === -1) {
        this.#escaped = isEscaped;
        return end;
      }
      this.#inString = false;
      if (this.#key !== undefined) this.#endKey(decodeKey(this.#key));
      return end + 1;
    }
  }

  #growKey(chunk: Buffer, start: number, end: number): void {
    if (this.#key!.length + end - start > jsonLimits.maxKeyBytes)
      throw tooMuch('a key', jsonLimits.maxKeyBytes, 'bytes');
    this.#key += chunk.toString('latin1', start, end);
  }

  #endKey(name: string): void {
    this.#key = undefined;
    const keys = this.#open.at(-1);
    if (name === '__proto__') throw new ServerError('invalid_request', 'The body holds the key "__proto__".');
    if (keys?.has(name))
      throw new ServerError('invalid_request', `The body holds the key ${JSON.stringify(name.slice(0, 64))} twice.`);
    keys?.add(name);
    this.#members += 1;
    if (this.#members > jsonLimits.maxMembers) throw tooMuch('the body', jsonLimits.maxMembers, 'keys');
  }

  #structure(byte: number): void {
    switch (byte) {
      case quote:
        this.#inString = true;
        this.#key = this.#expectsKey ? '' : undefined;
        this.#expectsKey = false;
        break;
      case 0x7b: // {
      case 0x5b: // [
        this.#enter(byte === 0x7b);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        this.#open.pop();
        this.#expectsKey = false;
        break;
      case 0x2c: // ,
        this.#expectsKey = this.#open.length > 0 && this.#open.at(-1) !== null;
        if (!this.#expectsKey) this.#elements += 1;
        if (this.#elements > jsonLimits.maxElements) throw tooMuch('the body', jsonLimits.maxElements, 'entries');
        break;
      default:
        break;
    }
  }

  #enter(isObject: boolean): void {
    this.#expectsKey = isObject;
    this.#open.push(isObject ? new Set() : null);
    this.#containers += 1;
    if (this.#open.length > jsonLimits.maxDepth) throw tooMuch('the body', jsonLimits.maxDepth, 'levels');
    if (this.#containers > jsonLimits.maxContainers)
      throw tooMuch('the body', jsonLimits.maxContainers, 'objects and arrays');
  }
}

function backslashesBefore(chunk: Buffer, end: number, start: number): number {
  let index = end;
  while (index > start && chunk[index - 1] === backslash) index -= 1;
  return end - index;
}

/** Two spellings of one key are one key. What no parser takes stays as it is. */
function decodeKey(bytes: string): string {
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(bytes)) return bytes;
  try {
    return JSON.parse(`"${Buffer.from(bytes, 'latin1').toString('utf8')}"`) as string;
  } catch {
    return bytes; // The parser will refuse the body.
  }
}

const tooMuch = (what: string, limit: number, unit: string): ServerError =>
  new ServerError('invalid_request', `In the JSON of the request, ${what} has more than ${limit} ${unit}.`);
