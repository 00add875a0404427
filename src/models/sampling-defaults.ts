// generation_config.json → the sampling a model's makers recommend. Values out of range are left out.
import type { SamplingDefaults } from '../core/index.ts';

const fields = [
  ['temperature', 'temperature', 0, 2],
  ['top_p', 'topP', Number.MIN_VALUE, 1],
  ['top_k', 'topK', 0, Number.MAX_SAFE_INTEGER],
  ['min_p', 'minP', 0, 1],
  ['repetition_penalty', 'repetitionPenalty', Number.MIN_VALUE, 10],
] as const;

/** Reads Hugging Face's `generation_config.json`; `do_sample: false` means greedy. */
export function readSamplingDefaults(value: unknown): SamplingDefaults {
  if (typeof value !== 'object' || value === null) return {};
  const source = value as Record<string, unknown> & { readonly do_sample?: unknown };
  const defaults: Record<string, number> & { temperature?: number } = {};
  for (const [key, name, minimum, maximum] of fields) {
    const number = source[key];
    if (typeof number === 'number' && number >= minimum && number <= maximum) defaults[name] = number;
  }
  if (source.do_sample === false) defaults.temperature = 0;
  return defaults;
}
