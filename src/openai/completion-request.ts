// POST /v1/completions: body → Generations, n a prompt. Pure.
import { z } from 'zod';
import { type GenerationInput, ServerError } from '../core/index.ts';
import type { CompletionRequest } from './chat-request.ts';
import { toEnding } from './ending-fields.ts';
import { listOf } from './list-of.ts';
import { refusalsOf } from './options.ts';
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
import { constraintFields, readConstraint } from './response-format.ts';

const text = z.string().min(1, 'an empty prompt gives the model nothing to go on from');
const maxChoices = 128;

/** What a request may say; the API's document is printed from it. */
export const completionBody = z.object({
  ...commonFields,
  ...constraintFields,
  prompt: z.union([text, tokenIds, listOf(text, maxChoices), listOf(tokenIds, maxChoices)], {
    error: `must be a text, token ids, or a list of up to ${maxChoices} of either`,
  }),
  logprobs: maybe(z.int().min(0).max(20)),
  max_tokens: maybe(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  ),
  echo: maybe(z.boolean()),
  best_of: maybe(z.int()),
});

const unsupported = refusalsOf('completions');

/** @throws ServerError `invalid_request`, naming the field. */
export function readCompletionRequest(body: unknown, { requestId, priority }: RequestContext): CompletionRequest {
  refuseUnsupported(body, unsupported);
  const request = parseBody(completionBody, body);
  const sampling = toSampling(request);
  const constraint = readConstraint(body);
  const n = request.n ?? 1;
  const echo = request.echo === true;
  const maxTokens = request.max_tokens ?? 16; // OpenAI's default for this endpoint.
  const ending = toEnding(request, { maxTokens, hasForm: constraint !== undefined });
  checkScoring(request);
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
      maxTokens,
      ending,
      topLogprobs: request.logprobs,
      constraint,
      ...(echo ? { echo, promptLogprobs: request.logprobs } : {}),
      priority,
    })),
  };
}

/** @throws ServerError `invalid_request` for an empty answer that nobody wants, or answers to choose from */
function checkScoring({ best_of: bestOf, n, max_tokens: maxTokens, echo }: z.output<typeof completionBody>): void {
  if (bestOf !== undefined && bestOf !== (n ?? 1)) {
    const text = '"best_of" must be the value of "n": this server compares no answers.';
    throw new ServerError('invalid_request', text, { param: 'best_of' });
  }
  if (maxTokens === 0 && echo !== true) {
    throw new ServerError('invalid_request', '"max_tokens" may be 0 with "echo": true alone.', { param: 'max_tokens' });
  }
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
