// What the configuration file may say of single models: how long they stay, how they sample, how much they read.
import { z } from 'zod';
import { parseModelId, type SamplingDefaults } from '../core/index.ts';

export interface ModelSettings {
  /** Without use for so long it is unloaded; undefined: the idle timeout of all models. */
  readonly ttlMs?: number | undefined;
  /** Once loaded it stays: neither idle time nor another model's need unloads it. */
  readonly pin: boolean;
  /** Tokens of prompt and answer together, at the most; undefined: what the model was made for. */
  readonly contextLength?: number | undefined;
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
    sampling: samplingSchema.optional().describe('Sampling of requests that do not say.'),
  })
  .transform(({ ttl, pin = false, context_length: contextLength, sampling = {} }) => ({
    ttlMs: ttl === undefined ? undefined : Math.round(ttl * 1000),
    pin,
    contextLength,
    sampling: {
      temperature: sampling.temperature,
      topP: sampling.top_p,
      topK: sampling.top_k,
      minP: sampling.min_p,
      repetitionPenalty: sampling.repetition_penalty,
    },
  }));

/** Known to other servers, and to no engine of this one. */
const honouredByNone: ReadonlySet<string> = new Set(['kv_bits', 'draft_model', 'adapter']);

export type SettingsByModel = Readonly<Record<string, ModelSettings>>;

export interface ModelProblem {
  readonly path: readonly string[];
  readonly text: string;
}

/** The settings in `value`, a map of models to settings, and what is wrong with it. */
export function readModelSettings(value: unknown): { models: SettingsByModel; problems: ModelProblem[] } {
  const models: Record<string, ModelSettings> = {};
  const problems: ModelProblem[] = [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { models, problems: [{ path: [], text: 'must map models to their settings' }] };
  for (const [name, settings] of Object.entries(value)) {
    if (parseModelId(name) === undefined) problems.push({ path: [name], text: 'is no model name: write org/name' });
    const parsed = modelSettingsSchema.safeParse(settings);
    if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(name, issue)));
    else if (parsed.data.pin && parsed.data.ttlMs !== undefined)
      problems.push({ path: [name], text: 'has both pin and ttl: a pinned model has no end' });
    else models[name] = parsed.data;
  }
  return { models, problems };
}

function problemsOf(name: string, issue: z.core.$ZodIssue): ModelProblem[] {
  const path = [name, ...issue.path.map(String)];
  if (issue.code !== 'unrecognized_keys') return [{ path, text: `is wrong: ${issue.message}` }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    text: honouredByNone.has(key)
      ? 'is something that no engine of this version does; leave it out'
      : `is no known setting; there are ${Object.keys((path.length > 1 ? samplingSchema : modelSettingsSchema.in).shape).join(', ')}`,
  }));
}

/** Of `org/name:TAG` its own, else those of `org/name`. */
export function settingsOfModel(models: SettingsByModel, id: string): ModelSettings {
  const name = [id, id.replace(/:[^:]*$/, '')].find((candidate) => Object.hasOwn(models, candidate));
  return name === undefined ? none : models[name]!;
}
