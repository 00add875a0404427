// GenerationEvents → Anthropic's message, whole and as named events.
import type { GenerationEnd, GenerationEvent, Usage } from '../core/index.ts';
import type { AnswerAbout, Codec, FirstEvent, Framing, StreamWording } from '../openai/index.ts';
import { messagesErrorBody } from './error-body.ts';
import { addDelta, type BlockStep, blockBody, type OpenBlock, signatureOf } from './message-blocks.ts';

export interface GrowingMessage {
  readonly blocks: OpenBlock[];
  end: GenerationEnd | null;
}

const named = (event: { readonly type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

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
  empty: () => ({ blocks: [], end: null }),
  add: (message: GrowingMessage, event: GenerationEvent) => {
    if (event.type === 'token-delta') addDelta(message, event);
    else if (event.type === 'end') message.end = event;
  },
  whole: (about, [message]) => ({
    ...envelope(about),
    content: message!.blocks.map(blockBody),
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
  const list = { blocks: [] as OpenBlock[] };
  return {
    opening: (_, first) => named(messageStart(about, first)) + ping,
    delta: (_, delta) => addDelta(list, delta).map(stepWords).join(''),
    closing: (_, end) => {
      const last = list.blocks.at(-1);
      const stop = last === undefined ? '' : stepWords({ step: 'stop', index: list.blocks.length - 1, block: last });
      const delta = { ...ending(end), container: null };
      return `${stop}${named({ type: 'message_delta', delta, usage: usageBody(end.usage) } as { type: string })}${named({ type: 'message_stop' })}`;
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

function stepWords({ step, index, block, ...rest }: BlockStep): string {
  switch (step) {
    case 'start':
      return named({ type: 'content_block_start', index, content_block: begun(block) } as { type: string });
    case 'more':
      return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${deltaOf(block, (rest as { text: string }).text)}}\n\n`;
    case 'stop': {
      const signature =
        block.type === 'thinking'
          ? `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"signature_delta","signature":"${signatureOf(block.thinking)}"}}\n\n`
          : '';
      return `${signature}event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
    }
  }
}

function begun(block: OpenBlock): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '', citations: null };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: {}, caller: { type: 'direct' } };
  }
}

function deltaOf({ type }: OpenBlock, text: string): string {
  switch (type) {
    case 'text':
      return `{"type":"text_delta","text":${JSON.stringify(text)}}`;
    case 'thinking':
      return `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`;
    case 'tool_use':
      return `{"type":"input_json_delta","partial_json":${JSON.stringify(text)}}`;
  }
}
