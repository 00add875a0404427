// gpt-oss: every message has a channel. analysis is thinking, final is the answer, commentary with a recipient is a call.
import { addArguments, closeCall, openCall } from '../call-writer.ts';
import { streamJson } from '../json-reader.ts';
import { Malformed, type Reading, type TextReader } from '../text-reader.ts';
import type { CallContext, CallForm } from '../tool-format.ts';

const start = '<|start|>';
const channel = '<|channel|>';
const message = '<|message|>';
const messageEnds = ['<|end|>', '<|return|>', '<|call|>'];
const headMarkers = [start, channel];
const headBegins = [...headMarkers, ' to='];

export const isHarmony = (template: string): boolean => template.includes(channel) && template.includes(message);

/** Behind the thinking: the message that holds the answer itself. */
export const harmonyAnswerBegin = `${channel}final${message}`;
export const harmonyThinkingEnd = '<|end|>';

/** Ends a thought in the middle. A model that may call is led to where calls and words to the user both stand. */
export const harmonyClosing = ({ mayCall }: { readonly mayCall: boolean }): string =>
  `${harmonyThinkingEnd}${start}assistant${mayCall ? `${channel}commentary` : harmonyAnswerBegin}`;

/** The end of a call, <|call|>, ends the text. */
export const harmonyForm: CallForm = {
  begin: (name) => `${start}assistant${channel}commentary to=functions.${name} <|constrain|>json${message}`,
  end: '',
  separator: null,
  trigger: `${start}assistant${channel}commentary to=functions.`,
};

/** Reads a whole answer. The prompt has ended with the assistant's role. `onThinking` hears where thoughts begin and end. */
export function* readHarmony(context: CallContext, onThinking: (thinking: boolean) => void): Reading<void> {
  const { reader, sink } = context;
  let begun: string | null = null;
  for (;;) {
    begun ??= yield* firstAccepted(reader, headBegins);
    if (begun === null) {
      const marker = yield* reader.until([...messageEnds, ...headMarkers], (text) => sink.text(text));
      if (marker === null) return;
      if (headMarkers.includes(marker)) begun = marker;
      continue;
    }
    reader.mark(begun);
    let head: string = begun;
    const found: string | null = yield* reader.until([message], (text) => {
      head += text;
    });
    const raw = reader.unmark();
    if (found === null) return sink.text(raw);
    const end: string | null = yield* readBody(context, { head, raw, onThinking });
    if (end === null) return;
    begun = end === start ? start : null;
  }
}

function* firstAccepted(reader: TextReader, literals: readonly string[]): Reading<string | null> {
  for (const literal of literals) {
    if (yield* reader.accept(literal)) return literal;
  }
  return null;
}

interface Head {
  readonly head: string;
  /** All of it, as it is shown where nobody can take the message. */
  readonly raw: string;
  readonly onThinking: (thinking: boolean) => void;
}

/** A marker in a string of the arguments ends nothing. Leaves what is no JSON. */
function* readSoundJson(reader: TextReader, onText: (text: string) => void): Reading<void> {
  try {
    yield* streamJson(reader, onText);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
}

/** Returns the marker behind the message. */
function* readBody(context: CallContext, { head, raw, onThinking }: Head): Reading<string | null> {
  const { reader, sink, tools } = context;
  const ends = [...messageEnds, start];
  const recipient = /\bto=(?:functions\.)?([\w.-]+)/.exec(head)?.[1];
  if (recipient !== undefined && tools.some(({ name }) => name === recipient)) {
    openCall(context, recipient);
    yield* reader.space();
    yield* readSoundJson(reader, (text) => addArguments(context, text));
    const end = yield* reader.until(ends, (text) => addArguments(context, text));
    closeCall(context);
    return end;
  }
  if (recipient !== undefined) sink.text(raw);
  if (recipient !== undefined || !/<\|channel\|>\s*analysis\b/.test(head)) {
    return yield* reader.until(ends, (text) => sink.text(text));
  }
  onThinking(true);
  const end = yield* reader.until(ends, (text) => sink.reasoning(text));
  sink.endReasoning();
  onThinking(false);
  return end;
}
