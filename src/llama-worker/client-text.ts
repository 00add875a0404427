// Keeps what a client wrote from becoming special tokens: it is cut inside each of them and tokenised in pieces. Text
// without any is left as it is, so its ids are those of the whole prompt. Twin of python/…/tokenization/client_text.py.
import { ServerError } from '../core/index.ts';
import type { NativeModel } from './native.ts';
import { createSpecialTokens, type SpecialTokens } from './special-tokens.ts';
import { createTokenEdges } from './token-edges.ts';

type Turn = { readonly role: string };

export interface ClientText {
  /**
   * What `render` makes of a chat, in pieces that are tokenised one by one.
   *
   * @throws ServerError invalid_request when no mark is left
   */
  pieces<T extends Turn, U>(
    chat: { readonly messages: readonly T[]; readonly tools: U },
    render: (messages: readonly T[], tools: U) => string,
  ): string[];
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
  const readable = spoken.filter((token) => token.replaceAll('\u2581', ' ').trim() !== '');
  const assistants = createSpecialTokens(special);
  const others = createSpecialTokens([...special, ...readable]);
  const edges = createTokenEdges([...special, ...readable]);
  const tokensFor = ({ role }: Turn): SpecialTokens => (role === 'assistant' ? assistants : others);
  return {
    pieces: ({ messages, tools }, render) => {
      const [cut, edge] = unusedCharacters(stringsIn([messages, tools]));
      const renderPlain = (chat: Chat): string =>
        // A template may escape the marks where it writes JSON.
        [cut, edge].reduce(
          (text, mark) => text.replaceAll(escaped(mark), mark),
          render(chat.messages as typeof messages, chat.tools as typeof tools),
        );
      const given: Chat = {
        messages: messages.map((message) => ({
          ...(changed(message, (text) => tokensFor(message).cut(text, cut)) as object),
          role: message.role,
        })),
        tools: changed(tools, (text) => others.cut(text, cut)),
      };
      const text = renderPlain(given);
      const edged = edges.mark(given, edge) as Chat;
      if (!stringsIn(edged).some((each) => each.includes(edge))) return text.split(cut);
      // Where a template puts a text beside another, or beside its own, such that both make a token, it is cut there too.
      const shown = renderPlain(edged);
      const isSame = shown.replaceAll(edge, '') === text;
      // Else the template looks at what it is given there: nobody can say which edges matter.
      return (isSame ? edges.cut(shown, { mark: edge, by: cut }) : shown.replaceAll(edge, cut)).split(cut);
    },
  };
}

interface Chat {
  readonly messages: unknown;
  readonly tools: unknown;
}

const escaped = (mark: string): string => `\\u${mark.charCodeAt(0).toString(16)}`;

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

function unusedCharacters(texts: readonly string[]): [string, string] {
  const used = new Set(texts.join(''));
  const free: string[] = [];
  for (let code: number = privateUse.first; code <= privateUse.last && free.length < 2; code += 1) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) free.push(character);
  }
  const [first, second] = free;
  if (first !== undefined && second !== undefined) return [first, second];
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
