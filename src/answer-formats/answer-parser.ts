// An answer's text as it arrives → what is text, what is thinking, what is a call. The result does not depend on where the
// text was cut, and nothing vanishes: what is no sound call comes out as text.
import type { ToolDefinition } from '../core/index.ts';
import { type AnswerPiece, AnswerSink } from './answer-sink.ts';
import { readHarmony } from './formats/harmony.ts';
import { Malformed, type Reading, TextReader } from './text-reader.ts';
import type { CallContext, ToolFormat } from './tool-format.ts';

export interface AnswerParserOptions {
  /** Calls are looked for only where there are tools. */
  readonly tools: readonly ToolDefinition[];
  /** Null: harmony. */
  readonly calls: ToolFormat | null;
  readonly thinking: { readonly begin: string; readonly end: string } | null;
  /** The prompt has opened the thinking already. */
  readonly beginsInside: boolean;
  readonly newId: () => string;
}

export interface AnswerParser {
  push(text: string): AnswerPiece;
  /** The answer is over: what was held back. */
  end(): AnswerPiece;
  /** Whether the model is thinking now. */
  readonly thinking: boolean;
  /** Whether the text so far ends in what may be part of a marker. */
  readonly isHolding: boolean;
  /** Calls begun so far. */
  readonly calls: number;
}

export function createAnswerParser(options: AnswerParserOptions): AnswerParser {
  const reader = new TextReader();
  const sink = new AnswerSink({ newId: options.newId, mayCall: options.tools.length > 0 });
  const context = { reader, sink, tools: options.tools };
  let thinking = options.beginsInside;
  const onThinking = (now: boolean): void => {
    thinking = now;
  };
  const { calls } = options;
  const reading =
    calls === null ? readHarmony(context, onThinking) : readAnswer(context, { ...options, calls }, onThinking);
  reading.next();
  return {
    push(text) {
      reader.push(text);
      reading.next();
      return sink.drain();
    },
    end() {
      reader.end();
      reading.next();
      sink.end();
      return sink.drain();
    },
    get thinking() {
      return thinking;
    },
    get isHolding() {
      return reader.isHolding;
    },
    get calls() {
      return sink.calls;
    },
  };
}

type Options = AnswerParserOptions & { readonly calls: ToolFormat };

/** Thoughts may stand in front of the text, and again behind calls. */
function* readAnswer(context: CallContext, options: Options, onThinking: (thinking: boolean) => void): Reading<void> {
  const { reader, sink, tools } = context;
  const { calls, thinking, beginsInside } = options;
  const begins = tools.length === 0 ? [] : calls.begins;
  if (beginsInside && thinking !== null) yield* readThinking(context, thinking, onThinking);
  for (let first = true; ; first = false) {
    if (thinking !== null) yield* readThoughts(context, thinking, onThinking);
    if (first && calls.bare !== undefined && tools.length > 0) yield* readBareCall(context, calls, calls.bare);
    const begin = yield* reader.until(begins, (text) => sink.text(text));
    if (begin === null) return;
    yield* readCalls(context, calls, begin);
  }
}

/** Thinking that begins here, if any does; a prompt that opened it may be echoed. */
function* readThoughts(
  context: CallContext,
  thinking: { readonly begin: string; readonly end: string },
  onThinking: (thinking: boolean) => void,
): Reading<void> {
  const { reader, sink } = context;
  for (;;) {
    const space = yield* reader.space();
    if (!(yield* reader.accept(thinking.begin))) return sink.text(space);
    yield* readThinking(context, thinking, onThinking);
  }
}

function* readThinking(
  { reader, sink }: CallContext,
  { begin, end }: { readonly begin: string; readonly end: string },
  onThinking: (thinking: boolean) => void,
): Reading<void> {
  onThinking(true);
  const space = yield* reader.space();
  if (!(yield* reader.accept(begin))) sink.reasoning(space);
  yield* reader.until([end], (text) => sink.reasoning(text));
  sink.endReasoning();
  onThinking(false);
}

function* readBareCall(context: CallContext, calls: ToolFormat, bare: string): Reading<void> {
  const { reader, sink } = context;
  sink.text(yield* reader.space());
  if ((yield* reader.rest()).startsWith(bare)) yield* readCalls(context, calls, '');
}

/** Reads what `begin` has opened. What turns out to be no call is text; what breaks off in one stays with its arguments. */
function* readCalls(context: CallContext, calls: ToolFormat, begin: string): Reading<void> {
  const { reader, sink } = context;
  reader.mark(begin);
  try {
    yield* calls.read(context, begin);
    reader.unmark();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const raw = reader.unmark();
    if (!sink.callIsOpen) return sink.text(raw);
    sink.arguments(raw);
    yield* reader.until(calls.ends, (text) => sink.arguments(text));
    sink.endCall();
  }
}
