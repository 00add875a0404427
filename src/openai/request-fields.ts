// The fields that chat and text completions share, their ranges, and what becomes of them in a Generation.
import { z } from 'zod';
import { type Priority, type RequestedSampling, ServerError } from '../core/index.ts';
import { acceptedFields } from './accepted-fields.ts';
import { endingFields } from './ending-fields.ts';
import { maybe } from './maybe.ts';

export { maybe };

/** One verdict on the whole list: it may be long, and a complaint about each entry longer. */
export const tokenIds = z.custom<number[]>(
  (value) => Array.isArray(value) && value.length > 0 && value.every((id) => Number.isSafeInteger(id) && id >= 0),
  'must be token ids',
);

const stopSequence = z.string().min(1).max(512);
const biasKey = z.string().regex(/^\d{1,9}$/, 'keys must be token ids');

export const samplingFields = {
  temperature: maybe(z.number().min(0).max(2)),
  top_p: maybe(z.number().gt(0).max(1)),
  top_k: maybe(z.int().min(0).max(1_000_000)),
  min_p: maybe(z.number().min(0).max(1)),
  seed: maybe(z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)),
  repetition_penalty: maybe(z.number().gt(0).max(10)),
  presence_penalty: maybe(z.number().min(-2).max(2)),
  frequency_penalty: maybe(z.number().min(-2).max(2)),
  logit_bias: maybe(
    z
      .unknown()
      .refine((bias) => typeof bias !== 'object' || Object.keys(bias ?? {}).length <= 1024, 'at most 1024 tokens')
      .pipe(z.record(biasKey, z.number().min(-100).max(100))),
  ),
};

export const commonFields = {
  model: maybe(z.string().max(10_240)),
  ...samplingFields,
  n: maybe(z.int().min(1).max(128)),
  stop: maybe(z.union([stopSequence, z.array(z.unknown()).max(4).pipe(z.array(stopSequence))])),
  max_tokens: maybe(
    z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  ),
  stream: maybe(z.boolean()),
  stream_options: maybe(z.object({ include_usage: maybe(z.boolean()), include_obfuscation: maybe(z.boolean()) })),
  ...endingFields,
  ...acceptedFields,
};

type SamplingFields = z.output<z.ZodObject<typeof samplingFields>>;

/** A negative seed is as good as any other: it is mapped onto the positive half. */
export function toSampling(body: SamplingFields): RequestedSampling {
  const bias = body.logit_bias;
  return {
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    minP: body.min_p,
    seed: body.seed === undefined ? undefined : Math.abs(body.seed),
    repetitionPenalty: body.repetition_penalty,
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
    logitBias: bias === undefined ? undefined : Object.entries(bias).map(([id, value]) => [Number(id), value] as const),
  };
}

/** The sampling of choice `index` of `n`: the same seed would give the same answer n times. */
export function samplingOfChoice(sampling: RequestedSampling, index: number): RequestedSampling {
  if (sampling.seed === undefined || index === 0) return sampling;
  return { ...sampling, seed: (sampling.seed + index) % Number.MAX_SAFE_INTEGER };
}

export const toStopList = (stop: string | readonly string[] | undefined): readonly string[] =>
  stop === undefined ? [] : typeof stop === 'string' ? [stop] : stop;

/** Options of OpenAI's API that no engine here honours yet: refused by name, never ignored. */
export function refuseUnsupported(
  body: unknown,
  unsupported: Readonly<Record<string, (value: unknown) => boolean>>,
): void {
  if (typeof body !== 'object' || body === null) return;
  for (const [name, isHarmless] of Object.entries(unsupported)) {
    const value = (body as Record<string, unknown>)[name];
    if (value === undefined || value === null || isHarmless(value)) continue;
    throw new ServerError('invalid_request', `"${name}" is not supported by this server yet; leave it out.`, {
      param: name,
    });
  }
}

/** What an API call asks for beside the generations themselves. */
export interface RequestContext {
  readonly requestId: string;
  readonly priority: Priority;
}
