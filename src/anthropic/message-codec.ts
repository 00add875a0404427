// GenerationEvents → Anthropic's message, whole and as named events.
import type { GenerationEnd, GenerationEvent, Usage } from '../core/index.ts';
import {
  type AnswerAbout,
  type AnswerBlocks,
  addToBlocks,
  type BlockStep,
  type Codec,
  closeBlocks,
  emptyBlocks,
  type FirstEvent,
  type Framing,
  type StreamWording,
} from '../openai/index.ts';
import { begunBody, blockBody, pieceJson, signatureOf } from './block-body.ts';
import { messagesErrorBody } from './error-body.ts';

interface GrowingMessage {
  readonly answer: AnswerBlocks;
  end: GenerationEnd | null;
}

const named = (event: { readonly type: string; readonly [key: string]: unknown }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const ping = named({ type: 'ping' });

const framing: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  keepAlive: ping,
  done: '',
  error: (error, requestId) => named(messagesErrorBody(error, requestId)),
};

export const messageCodec: Codec<GrowingMessage> = {
  idPrefix: 'msg_',
  framing,
  stream: streamWording,
  empty: () => ({ answer: emptyBlocks(), end: null }),
  add: (message: GrowingMessage, event: GenerationEvent) => {
    if (event.type === 'token-delta') addToBlocks(message.answer, event);
    else if (event.type === 'end') message.end = event;
  },
  whole: (about, [message]) => ({
    ...envelope(about),
    content: message!.answer.blocks.map(blockBody),
    ...ending(message!.end!),
    usage: usageBody(message!.end!.usage),
  }),
};

const envelope = ({ id, model }: AnswerAbout) => ({ id, type: 'message', role: 'assistant', model, container: null });

/** Anthropic counts what came from the cache apart from the other tokens of the prompt. */
const usageBody = ({ promptTokens, cachedTokens, completionTokens }: Usage) => ({
  input_tokens: promptTokens - cachedTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cachedTokens,
  output_tokens: completionTokens,
  service_tier: 'standard',
});

function ending({ finishReason, stopSequence }: GenerationEnd): { stop_reason: string; stop_sequence: string | null } {
  const reason = (): string => {
    switch (finishReason) {
      case 'length':
        return 'max_tokens';
      case 'tool_calls':
        return 'tool_use';
      case 'stop':
      case 'cancelled':
        return stopSequence === null ? 'end_turn' : 'stop_sequence';
    }
  };
  return { stop_reason: reason(), stop_sequence: stopSequence };
}

function streamWording(about: AnswerAbout): StreamWording {
  const answer = emptyBlocks();
  const words = (steps: readonly BlockStep[]): string => steps.map(stepWords).join('');
  return {
    opening: (_, first) => named(messageStart(about, first)) + ping,
    delta: (_, delta) => words(addToBlocks(answer, delta)),
    closing: (_, end) => {
      const delta = { ...ending(end), container: null };
      const last = named({ type: 'message_delta', delta, usage: usageBody(end.usage) });
      return words(closeBlocks(answer)) + last + named({ type: 'message_stop' });
    },
    usage: () => '',
  };
}

function messageStart(about: AnswerAbout, first: FirstEvent) {
  const [promptTokens, cachedTokens] = first.type === 'prefill-progress' ? [first.total, first.cached] : [0, 0];
  const usage = usageBody({ promptTokens, cachedTokens, completionTokens: 0 });
  return {
    type: 'message_start',
    message: { ...envelope(about), content: [], stop_reason: null, stop_sequence: null, usage },
  };
}

function stepWords(step: BlockStep): string {
  const { index, block } = step;
  switch (step.step) {
    case 'start':
      return named({ type: 'content_block_start', index, content_block: begunBody(block) });
    case 'more':
      return blockDelta(index, pieceJson(block, step.text));
    case 'stop': {
      const signature =
        block.type === 'thought'
          ? blockDelta(index, `{"type":"signature_delta","signature":"${signatureOf(block.text)}"}`)
          : '';
      return `${signature}event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
    }
  }
}

const blockDelta = (index: number, delta: string): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}}\n\n`;
