// What a model can do, read from its own files: config.json and the chat template, or the header of its GGUF file.
import { join } from 'node:path';
import { ServerError } from '../core/index.ts';
import { readJson, readText } from './inspect.ts';
import type { Model } from './model.ts';

export interface Capabilities {
  readonly model: string;
  readonly engine: string;
  /** Writes text. */
  readonly text: boolean;
  readonly vision: boolean;
  readonly embeddings: boolean;
  /** Its chat template has a place for tools. */
  readonly tools: boolean;
  /** Tokens of prompt and answer together that it was made for; null where its files do not say. */
  readonly contextLength: number | null;
}

/** @throws ServerError `model_unsupported` for a file that cannot be read as what it claims to be. */
export const readCapabilities = (model: Model): Promise<Capabilities> =>
  model.engine === 'llama' ? ofGguf(model) : ofFolder(model);

async function ofFolder({ id, engine, path }: Model): Promise<Capabilities> {
  const config = record(await readJson(join(path, 'config.json')));
  const tokenizer = record(await readJson(join(path, 'tokenizer_config.json')));
  const template = (await readText(join(path, 'chat_template.jinja'))) ?? JSON.stringify(tokenizer.chat_template ?? '');
  const embeddings = (await readJson(join(path, 'modules.json'))) !== undefined; // As sentence-transformers writes it.
  const lengths = [config.max_position_embeddings, record(config.text_config).max_position_embeddings];
  return {
    model: id,
    engine,
    text: !embeddings,
    vision: engine === 'mlx-vision',
    embeddings,
    tools: mentionsTools(template),
    contextLength: lengths.find((length) => typeof length === 'number') ?? null,
  };
}

async function ofGguf({ id, engine, path }: Model): Promise<Capabilities> {
  const { gguf } = await import('@huggingface/gguf'); // Some 300 files, which nobody else needs.
  const { metadata } = await gguf(path, { allowLocalFile: true }).catch((cause: unknown) => {
    throw new ServerError('model_unsupported', `The GGUF header of ${id} cannot be read.`, { param: 'model', cause });
  });
  const facts: Readonly<Record<string, unknown>> = { ...metadata };
  const architecture = String(facts['general.architecture']);
  const contextLength = Number(facts[`${architecture}.context_length`]);
  const embeddings = facts[`${architecture}.pooling_type`] !== undefined;
  return {
    model: id,
    engine,
    text: !embeddings,
    vision: false,
    embeddings,
    tools: mentionsTools(String(facts['tokenizer.chat_template'] ?? '')),
    contextLength: Number.isSafeInteger(contextLength) ? contextLength : null,
  };
}

const mentionsTools = (template: string): boolean => /\btools\b/.test(template);

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
