// A model as this server tells of it, in OpenAI's shape with fields of its own. Whoever lists models tells this.
import type { ModelCard } from '../../models/index.ts';

/** When its weights were written, as RFC 3339 has it. */
export const writtenAt = ({ model }: ModelCard): string => new Date((model?.createdSeconds ?? 0) * 1000).toISOString();

export const modelBody = ({ id, aliases, model, facts, capabilities, ...card }: ModelCard) => ({
  id,
  object: 'model',
  created: model?.createdSeconds ?? 0,
  owned_by: id.split('/', 1)[0],
  aliases,
  engine: model?.engine ?? null,
  architecture: facts?.architecture ?? null,
  parameters: facts?.parameters ?? null,
  quantization: facts?.quantization ?? null,
  context_length: facts?.contextLength ?? null,
  capabilities: (['text', 'vision', 'embeddings', 'tools', 'thinking'] as const).filter((one) => capabilities?.[one]),
  size_bytes: model?.weightBytes ?? null,
  memory_bytes: card.memoryBytes,
  loaded_context_length: card.loadedContext,
  complete: card.problem === null,
  problem: card.problem,
});
