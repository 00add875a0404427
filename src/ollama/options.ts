// Ollama's `options` → sampling and limits. What steers its own engine's memory and threads has nothing to steer here;
// what would change the answer and cannot be had is refused by name.
import { z } from 'zod';
import { type RequestedSampling, ServerError } from '../core/index.ts';
import { maybe } from '../openai/index.ts';

const whole = z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
const stop = z.string().min(1).max(512);

const honoured = {
  temperature: maybe(z.number().min(0).max(2)),
  top_p: maybe(z.number().gt(0).max(1)),
  top_k: maybe(z.int().min(0).max(1_000_000)),
  min_p: maybe(z.number().min(0).max(1)),
  repeat_penalty: maybe(z.number().gt(0).max(10)),
  presence_penalty: maybe(z.number().min(-2).max(2)),
  frequency_penalty: maybe(z.number().min(-2).max(2)),
  seed: maybe(whole),
  stop: maybe(z.union([stop, z.array(z.unknown()).max(64).pipe(z.array(stop))])),
  /** −1 and −2: to the end of the context. */
  num_predict: maybe(
    z
      .int()
      .min(-2)
      .max(2 ** 31 - 1),
  ),
};

export const optionsField = maybe(z.looseObject(honoured));

type Options = Partial<NonNullable<z.output<typeof optionsField>>>;

/** Where and how Ollama's own engine runs. The context is the model's own here, whatever `num_ctx` asks for. */
const withoutEffect: ReadonlySet<string> = new Set([
  'num_ctx',
  'num_batch',
  'num_gpu',
  'main_gpu',
  'num_thread',
  'num_keep',
  'numa',
  'low_vram',
  'f16_kv',
  'use_mmap',
  'use_mlock',
  'logits_all',
]);

/** Samplers that no engine here has, with the value that turns each off. */
const neutral: Readonly<Record<string, unknown>> = {
  typical_p: 1,
  tfs_z: 1,
  mirostat: 0,
  repeat_last_n: -1,
  penalize_newline: true,
  vocab_only: false,
  embedding_only: false,
};
/** Of no meaning while mirostat is off. */
const mirostatOnly: ReadonlySet<string> = new Set(['mirostat_tau', 'mirostat_eta']);

/** @throws ServerError `invalid_request` naming an option that is not honoured. */
export function refuseOtherOptions(options: Options = {}): void {
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(honoured, name) || withoutEffect.has(name) || mirostatOnly.has(name)) continue;
    if (value === undefined || value === null || (Object.hasOwn(neutral, name) && neutral[name] === value)) continue;
    const shown = name.slice(0, 64);
    const off = Object.hasOwn(neutral, name) ? `; ${JSON.stringify(neutral[name])} would do` : '';
    throw new ServerError('invalid_request', `The option ${JSON.stringify(shown)} is not supported here${off}.`, {
      param: `options.${shown}`,
    });
  }
}

export const samplingOf = (options: Options = {}): RequestedSampling => ({
  temperature: options.temperature,
  topP: options.top_p,
  topK: options.top_k,
  minP: options.min_p,
  /** A negative one means a random one. */
  seed: options.seed === undefined || options.seed < 0 ? undefined : options.seed,
  repetitionPenalty: options.repeat_penalty,
  presencePenalty: options.presence_penalty,
  frequencyPenalty: options.frequency_penalty,
});

export const stopsOf = ({ stop: stops = [] }: Options = {}): readonly string[] =>
  typeof stops === 'string' ? [stops] : stops;

/** Undefined: to the end of the context. */
export const maxTokensOf = ({ num_predict: most = -1 }: Options = {}): number | undefined =>
  most < 0 ? undefined : Math.max(1, most);
