// A worker's events → what they mean in the model's wording: thinking and calls of tools taken out of the text.
import type { AnswerParser, AnswerPlan } from '../answer-formats/index.ts';
import type { GenerationEnd, GenerationEvent, TokenDelta } from '../core/index.ts';

/** Text and ends are worded anew; whatever was held back comes in a delta of its own, in front of the end. */
export function createAnswerReader(
  plan: AnswerPlan | undefined,
): (event: GenerationEvent) => Iterable<GenerationEvent> {
  const createParser = plan?.createParser;
  if (createParser === undefined) return (event) => [event];
  let promptEnd = '';
  let parser: AnswerParser | undefined;
  let reasoningTokens = 0;
  return (event) => {
    if (event.type === 'prefill-progress') promptEnd = event.promptEnd ?? promptEnd;
    if (event.type !== 'token-delta' && event.type !== 'end') return [event];
    parser ??= createParser(promptEnd);
    if (event.type === 'end') return ended(event, parser, reasoningTokens);
    const wasThinking = parser.thinking;
    const delta = worded(event, parser.push(event.text));
    if (wasThinking || parser.thinking || delta.reasoning !== undefined) reasoningTokens += event.tokenIds.length;
    return [delta];
  };
}

function worded(event: TokenDelta, { text, reasoning, toolCalls }: ReturnType<AnswerParser['push']>): TokenDelta {
  return {
    ...event,
    text,
    ...(reasoning === '' ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
}

function ended(event: GenerationEnd, parser: AnswerParser, reasoningTokens: number): GenerationEvent[] {
  const rest = worded({ type: 'token-delta', tokenIds: [], text: '' }, parser.end());
  const isEmpty = rest.text === '' && rest.reasoning === undefined && rest.toolCalls === undefined;
  const finishReason = event.finishReason === 'stop' && parser.calls > 0 ? 'tool_calls' : event.finishReason;
  const end: GenerationEnd = { ...event, finishReason, usage: { ...event.usage, reasoningTokens } };
  return isEmpty ? [end] : [rest, end];
}
