// estimate: how much memory a model takes, before it is loaded. Asks no server.
import type { Config } from '../config/index.ts';
import {
  createModelReports,
  type LoadPlan,
  type LoadTooLarge,
  type LoadWish,
  type MemoryFacts,
  type MemoryNeed,
  type MemoryPart,
  memoryParts,
  needAfterPrompt,
  planLoad,
  readMemoryFacts,
  totalOf,
} from '../models/index.ts';
import { createMachineRoomReader } from '../workers/index.ts';
import { composeCatalogue } from './compose-models.ts';
import { loadWishOf } from './load-wish.ts';
import { type Flags, readConfig } from './read-config.ts';
import { formatBytes, formatTable } from './table.ts';

export interface EstimateOptions {
  readonly json: boolean;
  /** Tokens of prompt and answer, instead of those of the configuration. */
  readonly context: number | null;
}

const partNames: Readonly<Record<MemoryPart, string>> = {
  process: 'process',
  weights: 'weights',
  kvCache: 'KV cache',
  activations: 'activations',
  vision: 'images',
  promptCache: 'kept prompts',
};

export async function estimate(flags: Flags, { json, context }: EstimateOptions, name: string): Promise<string> {
  const { config } = readConfig(flags);
  const catalogue = composeCatalogue({ current: config });
  const model = await catalogue.resolve(name);
  const reportOf = createModelReports();
  const facts = await readMemoryFacts(model, reportOf);
  const configured = await loadWishOf(model, config, { catalogue, reportOf });
  const wish = context === null ? configured : { ...configured, contextLength: context };
  const answer = await estimateOf(facts, wish, config);
  return json
    ? JSON.stringify({ model: model.id, engine: model.engine, ...answer }, null, 2)
    : inWords(model.id, answer);
}

interface Estimate {
  /** Tokens of prompt and answer that a request could have; null where the model's files do not say what a token takes. */
  readonly contextLength: number | null;
  readonly ownContextLength: number | null;
  /** Once one prompt as long as the context has run; null as above. */
  readonly afterOnePrompt: (MemoryNeed & { readonly totalBytes: number }) | null;
  /** What would be set aside, and cannot be outgrown; null where that is more than all models may have. */
  readonly setAside: (MemoryNeed & { readonly totalBytes: number }) | null;
  readonly needBytes: number;
  readonly budgetBytes: number;
  /** What this machine has just now, without what models would be unloaded. */
  readonly availableBytes: number | null;
  readonly fitsBudget: boolean;
  readonly fitsNow: boolean;
}

async function estimateOf(facts: MemoryFacts, wish: LoadWish, config: Config): Promise<Estimate> {
  const { availableBytes, ceilingBytes } = await createMachineRoomReader()();
  const budgetBytes = Math.min(config.memoryBudgetBytes, ceilingBytes);
  const plan: LoadPlan | LoadTooLarge = planLoad(facts, wish, budgetBytes);
  const fitsBudget = !('tooLarge' in plan);
  const { contextLength, needBytes } = plan;
  const need = fitsBudget ? needAfterPrompt(facts, wish, plan) : null;
  return {
    contextLength,
    ownContextLength: facts.contextLength,
    afterOnePrompt: need === null ? null : { ...need, totalBytes: totalOf(need) },
    setAside: fitsBudget ? { ...plan.need, totalBytes: needBytes } : null,
    needBytes,
    budgetBytes,
    availableBytes: Number.isFinite(availableBytes) ? availableBytes : null,
    fitsBudget,
    fitsNow: fitsBudget && needBytes <= availableBytes,
  };
}

function inWords(model: string, estimate: Estimate): string {
  const { contextLength, ownContextLength, afterOnePrompt, setAside, budgetBytes, availableBytes } = estimate;
  const own = ownContextLength === null || ownContextLength === contextLength ? '' : ` of its own ${ownContextLength}`;
  const context = contextLength === null ? 'context unknown' : `context of ${contextLength} tokens${own}`;
  const cell = (need: MemoryNeed | null, part: MemoryPart): string => (need === null ? '-' : formatBytes(need[part]));
  const total = (need: { readonly totalBytes: number } | null): string =>
    need === null ? '-' : formatBytes(need.totalBytes);
  const rows = memoryParts.map((part) => [partNames[part], cell(afterOnePrompt, part), cell(setAside, part)]);
  rows.push(['total', total(afterOnePrompt), total(setAside)]);
  const now = availableBytes === null ? '' : `, this machine has ${formatBytes(availableBytes)} now`;
  return [
    `${model}: ${context}`,
    '',
    formatTable(['', 'AFTER ONE PROMPT', 'SET ASIDE'], rows),
    '',
    `${verdict(estimate)} All models may use ${formatBytes(budgetBytes)}${now}.`,
  ].join('\n');
}

function verdict({ fitsBudget, fitsNow, needBytes }: Estimate): string {
  if (!fitsBudget) return `It does not fit: it needs ${formatBytes(needBytes)}.`;
  return fitsNow
    ? 'It fits.'
    : 'It fits the budget, but not what is free now: the context would be shorter, or the load refused.';
}
