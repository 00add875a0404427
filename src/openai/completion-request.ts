// POST /v1/completions: body → Generations, n a prompt. Pure.
import { z } from 'zod';
import { type GenerationInput, ServerError } from '../core/index.ts';
import type { CompletionRequest } from './chat-request.ts';
import { listOf } from './list-of.ts';
import { parseBody } from './parse-body.ts';
import {
  commonFields,
  maybe,
  type RequestContext,
  refuseUnsupported,
  samplingOfChoice,
  tokenIds,
  toSampling,
  toStopList,
} from './request-fields.ts';

const text = z.string().min(1, 'an empty prompt gives the model nothing to go on from');
const maxChoices = 128;

const completionBody = z.object({
  ...commonFields,
  prompt: z.union([text, tokenIds, listOf(text, maxChoices), listOf(tokenIds, maxChoices)], {
    error: `must be a text, token ids, or a list of up to ${maxChoices} of either`,
  }),
  logprobs: maybe(z.int().min(0).max(20)),
});

const unsupported = {
  suffix: (value: unknown) => value === '',
  echo: (value: unknown) => value === false,
  best_of: (value: unknown) => value === 1,
  grammar: () => false,
  response_format: (value: unknown) => (value as { type?: unknown }).type === 'text',
};

/** @throws ServerError `invalid_request`, naming the field. */
export function readCompletionRequest(body: unknown, { requestId, priority }: RequestContext): CompletionRequest {
  refuseUnsupported(body, unsupported);
  const request = parseBody(completionBody, body);
  const sampling = toSampling(request);
  const n = request.n ?? 1;
  const inputs = toInputs(request.prompt).flatMap((input) =>
    Array.from({ length: n }, (_, choice) => ({ input, choice })),
  );
  if (inputs.length > maxChoices) {
    throw new ServerError('invalid_request', `Prompts times n may be ${maxChoices} at the most.`, { param: 'prompt' });
  }
  return {
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
    generations: inputs.map(({ input, choice }, index) => ({
      id: inputs.length === 1 ? requestId : `${requestId}-${index}`,
      model: request.model,
      input,
      sampling: samplingOfChoice(sampling, choice),
      stop: toStopList(request.stop),
      maxTokens: request.max_tokens ?? 16, // OpenAI's default for this endpoint.
      topLogprobs: request.logprobs,
      priority,
    })),
  };
}

function toInputs(prompt: z.output<typeof completionBody>['prompt']): readonly GenerationInput[] {
  if (typeof prompt === 'string') return [{ kind: 'text', text: prompt }];
  if (isTokenIds(prompt)) return [{ kind: 'tokens', tokenIds: prompt }];
  return prompt.map((entry) =>
    typeof entry === 'string' ? { kind: 'text', text: entry } : { kind: 'tokens', tokenIds: entry },
  );
}

const isTokenIds = (prompt: readonly (string | number | number[])[]): prompt is number[] =>
  typeof prompt[0] === 'number';
