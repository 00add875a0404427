// Keeps what a client wrote from becoming special tokens: it is cut inside each of them and tokenised in pieces. Text
// without any is left as it is, so its ids are those of the whole prompt. Twin of python/…/tokenization/client_text.py.
import { ServerError } from '../core/index.ts';
import type { NativeModel } from './native.ts';
import { createSpecialTokens, type SpecialTokens } from './special-tokens.ts';

export interface Guarded<T> {
  readonly messages: T;
  /** The rendered text in pieces that are tokenised one by one. */
  readonly piecesOf: (text: string) => string[];
}

export interface ClientText {
  /** A copy in which every special token is cut, unless there is none. @throws ServerError invalid_request when no mark is left */
  guard<T extends readonly { readonly role: string }[]>(messages: T): Guarded<T>;
}

const attribute = { unknown: 1, control: 8, userDefined: 16 } as const;
const privateUse = { first: 0xe000, last: 0xf8ff } as const;

/**
 * What the model itself writes, such as `<think>`, an assistant's turn may hold: it quotes the model. A run of spaces
 * that is one token means nothing else.
 *
 * @param special tokens that are never text @param spoken tokens that a model may write
 */
export function createClientText(special: readonly string[], spoken: readonly string[]): ClientText {
  const assistants = createSpecialTokens(special);
  const readable = spoken.filter((token) => token.replaceAll('\u2581', ' ').trim() !== '');
  const others = createSpecialTokens([...special, ...readable]);
  const tokensFor = ({ role }: { readonly role: string }): SpecialTokens =>
    role === 'assistant' ? assistants : others;
  return {
    guard: (messages) => {
      const found = messages.some((message) => stringsIn(message).some(tokensFor(message).occurIn));
      if (!found) return { messages, piecesOf: (text) => [text] };
      const mark = unusedCharacter(stringsIn(messages));
      const guarded = messages.map((message) => ({
        ...(changed(message, (text) => tokensFor(message).cut(text, mark)) as object),
        role: message.role,
      }));
      // A template may escape the mark where it writes JSON.
      const escapedMark = `\\u${mark.charCodeAt(0).toString(16)}`;
      return {
        messages: guarded as unknown as typeof messages,
        piecesOf: (text) => text.replaceAll(escapedMark, mark).split(mark),
      };
    },
  };
}

/** That of a model: its control tokens are never text, those that its makers defined it may write. */
export function clientTextOf(model: NativeModel, vocabularySize: number): ClientText {
  const special: string[] = [];
  const spoken: string[] = [];
  for (let token = 0; token < vocabularySize; token += 1) {
    const bits = model.getTokenAttributes(token);
    if ((bits & (attribute.unknown | attribute.control)) !== 0) special.push(model.getTokenString(token) ?? '');
    else if ((bits & attribute.userDefined) !== 0) spoken.push(model.getTokenString(token) ?? '');
  }
  return createClientText(special, spoken);
}

function unusedCharacter(texts: readonly string[]): string {
  const used = new Set(texts.join(''));
  for (let code: number = privateUse.first; code <= privateUse.last; code += 1) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) return character;
  }
  throw new ServerError('invalid_request', 'The messages use every private character of Unicode.', {
    param: 'messages',
  });
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return isPlain(value) ? Object.entries(value).flatMap(stringsIn) : [];
}

/** A copy with every text changed, keys too: a client names the arguments of a call. */
function changed(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((entry) => changed(entry, change));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [change(key), changed(entry, change)]));
}
