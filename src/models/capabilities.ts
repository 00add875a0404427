// What a model can do, read from its own files: config.json and the chat template, or the header of its GGUF file.
import { join } from 'node:path';
import { readWording } from '../answer-formats/index.ts';
import { readChatTemplate } from './answer-wording.ts';
import { readGgufFacts } from './gguf-facts.ts';
import { readJson } from './inspect.ts';
import type { Model } from './model.ts';

export interface Capabilities {
  readonly model: string;
  readonly engine: string;
  /** Writes text. */
  readonly text: boolean;
  readonly vision: boolean;
  readonly embeddings: boolean;
  /** Its chat template has a place for tools, in a form that is known; other models are told them in a system text. */
  readonly tools: boolean;
  /** The form of its calls: a name of docs/tools.md. */
  readonly toolFormat: string;
  /** It may think aloud. */
  readonly thinking: boolean;
  /** Tokens of prompt and answer together that it was made for; null where its files do not say. */
  readonly contextLength: number | null;
}

/** @throws ServerError `model_unsupported` for a file that cannot be read as what it claims to be. */
export async function readCapabilities(model: Model): Promise<Capabilities> {
  const facts = await (model.engine === 'llama' ? ofGguf(model) : ofFolder(model));
  const wording = readWording(await readChatTemplate(model));
  return {
    model: model.id,
    engine: model.engine,
    ...facts,
    tools: wording.templateTakesTools,
    toolFormat: wording.name,
    thinking: wording.thinking !== null,
  };
}

type Facts = Pick<Capabilities, 'text' | 'vision' | 'embeddings' | 'contextLength'>;

async function ofFolder({ engine, path }: Model): Promise<Facts> {
  const config = record(await readJson(join(path, 'config.json')));
  const embeddings = (await readJson(join(path, 'modules.json'))) !== undefined; // As sentence-transformers writes it.
  const lengths = [config.max_position_embeddings, record(config.text_config).max_position_embeddings];
  return {
    text: !embeddings,
    vision: engine === 'mlx-vision',
    embeddings,
    contextLength: lengths.find((length) => typeof length === 'number') ?? null,
  };
}

async function ofGguf(model: Model): Promise<Facts> {
  const facts = await readGgufFacts(model);
  const architecture = String(facts['general.architecture']);
  const contextLength = Number(facts[`${architecture}.context_length`]);
  const embeddings = facts[`${architecture}.pooling_type`] !== undefined;
  return {
    text: !embeddings,
    vision: false,
    embeddings,
    contextLength: Number.isSafeInteger(contextLength) ? contextLength : null,
  };
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
