// What the configuration file may say of single models: how long they stay, how they sample, how much they read.
import { z } from 'zod';
import { parseModelId, type SamplingDefaults } from '../core/index.ts';
import { promptCacheSchema } from './parsers.ts';

export interface ModelSettings {
  /** Without use for so long it is unloaded; undefined: the idle timeout of all models. */
  readonly ttlMs?: number | undefined;
  /** Once loaded it stays: neither idle time nor another model's need unloads it. */
  readonly pin: boolean;
  /** Tokens of prompt and answer together, at the most; undefined: what the model was made for. */
  readonly contextLength?: number | undefined;
  /** Bits of a number in the KV cache; undefined: those that the model computes with. */
  readonly kvBits?: 4 | 8 | undefined;
  /** A small model that proposes tokens to this one. */
  readonly draftModel?: string | undefined;
  /** Where its LoRA adapter is. */
  readonly adapter?: string | undefined;
  /** For the prompts of this model; undefined: as much as for any. */
  readonly promptCacheBytes?: number | undefined;
  /** For requests that do not say; before those of the model's own files. */
  readonly sampling: SamplingDefaults;
}

const none: ModelSettings = { pin: false, sampling: {} };

const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().gt(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
  min_p: z.number().min(0).max(1).optional(),
  repetition_penalty: z.number().gt(0).max(10).optional(),
});

export const modelSettingsSchema = z
  .strictObject({
    ttl: z.number().min(0.1).max(31_536_000).optional().describe('Seconds without use after which it is unloaded.'),
    pin: z.boolean().optional().describe('Once loaded it is not unloaded but by hand.'),
    context_length: z.int().min(16).max(16_777_216).optional().describe('Tokens of prompt and answer, at the most.'),
    kv_bits: z
      .union([z.literal(4), z.literal(8)], { error: 'must be 4 or 8' })
      .optional()
      .describe('Bits of a number in the KV cache; left out: those that the model computes with.'),
    draft_model: z.string().optional().describe('Name of a small model that proposes tokens to this one.'),
    adapter: z.string().min(1).optional().describe('LoRA adapter: a path, from the folder of this file.'),
    prompt_cache: promptCacheSchema.optional().describe('Gigabytes kept of prompts; 0 keeps none.'),
    sampling: samplingSchema.optional().describe('Sampling of requests that do not say.'),
  })
  .transform(({ ttl, pin = false, sampling = {}, ...rest }) => ({
    ttlMs: ttl === undefined ? undefined : Math.round(ttl * 1000),
    pin,
    contextLength: rest.context_length,
    kvBits: rest.kv_bits,
    draftModel: rest.draft_model,
    adapter: rest.adapter,
    promptCacheBytes: rest.prompt_cache === undefined ? undefined : Math.round(rest.prompt_cache * 1024 ** 3),
    sampling: {
      temperature: sampling.temperature,
      topP: sampling.top_p,
      topK: sampling.top_k,
      minP: sampling.min_p,
      repetitionPenalty: sampling.repetition_penalty,
    },
  }));

export type SettingsByModel = Readonly<Record<string, ModelSettings>>;

export interface ModelProblem {
  readonly path: readonly string[];
  readonly text: string;
}

/** A path that the file names, from its own folder on; null when nothing is there. */
export type FindPath = (path: string) => string | null;

/** The settings in `value`, a map of models to settings, and what is wrong with it. */
export function readModelSettings(
  value: unknown,
  findPath: FindPath,
): { models: SettingsByModel; problems: ModelProblem[] } {
  const models: Record<string, ModelSettings> = {};
  const problems: ModelProblem[] = [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { models, problems: [{ path: [], text: 'must map models to their settings' }] };
  for (const [name, settings] of Object.entries(value)) {
    if (parseModelId(name) === undefined) problems.push({ path: [name], text: 'is no model name: write org/name' });
    const parsed = modelSettingsSchema.safeParse(settings);
    if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(name, issue)));
    else {
      const { adapter } = parsed.data;
      const adapterPath = adapter === undefined ? undefined : findPath(adapter);
      problems.push(...contradictions(name, parsed.data));
      if (adapterPath === null)
        problems.push({ path: [name, 'adapter'], text: `names nothing on this disk: "${adapter}"` });
      else models[name] = { ...parsed.data, adapter: adapterPath };
    }
  }
  return { models, problems };
}

function contradictions(name: string, { pin, ttlMs, draftModel }: ModelSettings): ModelProblem[] {
  const problems: ModelProblem[] = [];
  if (pin && ttlMs !== undefined)
    problems.push({ path: [name], text: 'has both pin and ttl: a pinned model has no end' });
  if (draftModel === undefined) return problems;
  const path = [name, 'draft_model'];
  if (parseModelId(draftModel) === undefined) problems.push({ path, text: 'is no model name: write org/name' });
  else if (draftModel === name) problems.push({ path, text: 'is the model itself: name a smaller one' });
  return problems;
}

function problemsOf(name: string, issue: z.core.$ZodIssue): ModelProblem[] {
  const path = [name, ...issue.path.map(String)];
  if (issue.code !== 'unrecognized_keys') return [{ path, text: `is wrong: ${issue.message}` }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    text: `is no known setting; there are ${Object.keys((path.length > 1 ? samplingSchema : modelSettingsSchema.in).shape).join(', ')}`,
  }));
}

/** Of `org/name:TAG` its own, else those of `org/name`. */
export function settingsOfModel(models: SettingsByModel, id: string): ModelSettings {
  const name = [id, id.replace(/:[^:]*$/, '')].find((candidate) => Object.hasOwn(models, candidate));
  return name === undefined ? none : models[name]!;
}
