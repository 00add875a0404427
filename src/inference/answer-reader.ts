// A worker's events → what they mean in the model's wording: thinking and calls of tools taken out of the text.
import type { AnswerParser, AnswerPlan } from '../answer-formats/index.ts';
import type { GenerationEnd, GenerationEvent, TokenDelta } from '../core/index.ts';

export interface AnswerReader {
  /** Text and ends are worded anew; whatever was held back comes in a delta of its own, in front of the end. */
  read(event: GenerationEvent): Iterable<GenerationEvent>;
  /** Whether a worker has read the prompt: it may have begun the thinking. */
  readonly knowsPrompt: boolean;
  readonly isThinking: boolean;
  /** Whether the text so far ends in what may be part of a marker. */
  readonly isHolding: boolean;
  /** Whether anything of the answer itself has come: text, or a call. */
  readonly hasSpoken: boolean;
  /** Tokens of thinking so far, marks included. */
  readonly reasoningTokens: number;
}

export function createAnswerReader(plan: AnswerPlan | undefined): AnswerReader {
  const createParser = plan?.createParser;
  return createParser === undefined ? readsNothing : createParsingReader(createParser);
}

const readsNothing: AnswerReader = {
  read: (event) => [event],
  knowsPrompt: false,
  isThinking: false,
  isHolding: false,
  hasSpoken: true,
  reasoningTokens: 0,
};

function createParsingReader(createParser: (promptEnd: string) => AnswerParser): AnswerReader {
  let parser: AnswerParser | undefined;
  let reasoningTokens = 0;
  /** Of what may become the mark that thinking begins with. */
  let heldTokens = 0;
  let hasSpoken = false;
  let knowsPrompt = false;
  const readDelta = (event: TokenDelta, current: AnswerParser): TokenDelta => {
    const isAnswering = hasSpoken && !current.thinking; // There one piece is as good as many.
    const pieces = (isAnswering ? undefined : event.pieces) ?? [{ text: event.text, tokens: event.tokenIds.length }];
    const parts = pieces.map(({ text, tokens }) => {
      const wasThinking = current.thinking;
      const part = current.push(text);
      const thought = wasThinking || current.thinking || part.reasoning !== '';
      if (thought) reasoningTokens += heldTokens + tokens;
      heldTokens = !thought && current.isHolding ? heldTokens + tokens : 0;
      return part;
    });
    const delta = worded(event, parts);
    hasSpoken ||= delta.toolCalls !== undefined || delta.text.trim() !== '';
    return delta;
  };
  return {
    read(event) {
      if (event.type === 'prefill-progress') {
        knowsPrompt = true;
        if (event.promptEnd !== undefined) parser ??= createParser(event.promptEnd);
      }
      if (event.type !== 'token-delta' && event.type !== 'end') return [event];
      parser ??= createParser('');
      return event.type === 'end' ? ended(event, parser, reasoningTokens) : [readDelta(event, parser)];
    },
    get knowsPrompt() {
      return knowsPrompt;
    },
    get isThinking() {
      return parser?.thinking ?? false;
    },
    get isHolding() {
      return parser?.isHolding ?? false;
    },
    get hasSpoken() {
      return hasSpoken;
    },
    get reasoningTokens() {
      return reasoningTokens;
    },
  };
}

function worded({ pieces: _, ...event }: TokenDelta, parts: readonly ReturnType<AnswerParser['push']>[]): TokenDelta {
  const reasoning = parts.map((part) => part.reasoning).join('');
  const toolCalls = parts.flatMap((part) => part.toolCalls);
  return {
    ...event,
    text: parts.map((part) => part.text).join(''),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
}

function ended(event: GenerationEnd, parser: AnswerParser, reasoningTokens: number): GenerationEvent[] {
  const rest = worded({ type: 'token-delta', tokenIds: [], text: '' }, [parser.end()]);
  const isEmpty = rest.text === '' && rest.reasoning === undefined && rest.toolCalls === undefined;
  const finishReason = event.finishReason === 'stop' && parser.calls > 0 ? 'tool_calls' : event.finishReason;
  const end: GenerationEnd = { ...event, finishReason, usage: { ...event.usage, reasoningTokens } };
  return isEmpty ? [end] : [rest, end];
}
