// What a model can do, read from its own files: config.json and the chat template, or the header of its GGUF file.
import type { ModelReport } from './facts/model-facts.ts';
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

export function capabilitiesOf({ id, engine }: Model, { facts, wording }: ModelReport): Capabilities {
  return {
    model: id,
    engine,
    text: !facts.embeddings,
    vision: facts.vision,
    embeddings: facts.embeddings,
    tools: wording.templateTakesTools,
    toolFormat: wording.name,
    thinking: wording.thinking !== null,
    contextLength: facts.contextLength,
  };
}
