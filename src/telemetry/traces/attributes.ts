// What a span says, by OpenTelemetry's semantic conventions for HTTP and generative AI. Never a text of a client's.
import type { Attributes } from '@opentelemetry/api';
import type { ServerEvent } from '../../core/index.ts';

type EventOf<T extends ServerEvent['type']> = Extract<ServerEvent, { readonly type: T }>;

const operations: Readonly<Record<string, string>> = {
  '/v1/completions': 'text_completion',
  '/v1/embeddings': 'embeddings',
};

export const requestAttributes = (event: EventOf<'request-received'>): Attributes => ({
  'http.request.method': event.method,
  'http.route': event.endpoint,
  'gen_ai.operation.name': operations[event.endpoint] ?? 'chat',
  'gen_ai.provider.name': 'mlx-inference-server',
  'mlx.request.id': event.requestId,
});

export const admissionAttributes = ({ model, maxTokens, sampling }: EventOf<'generation-admitted'>): Attributes => ({
  'gen_ai.request.model': model,
  'gen_ai.response.model': model,
  'gen_ai.request.max_tokens': maxTokens,
  'gen_ai.request.temperature': sampling.temperature,
  'gen_ai.request.top_p': sampling.topP,
  'gen_ai.request.top_k': sampling.topK,
  'gen_ai.request.presence_penalty': sampling.presencePenalty,
  'gen_ai.request.frequency_penalty': sampling.frequencyPenalty,
  'gen_ai.request.seed': sampling.seed,
});

/** Of a request with several choices, those of the choice that ended last. */
export const endAttributes = ({ finishReason, usage, timings }: EventOf<'generation-ended'>): Attributes => ({
  'gen_ai.response.finish_reasons': [finishReason],
  'gen_ai.usage.input_tokens': usage.promptTokens,
  'gen_ai.usage.output_tokens': usage.completionTokens,
  'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens,
  'mlx.prefill_ms': timings.prefillMs,
  'mlx.decode_ms': timings.decodeMs,
});
