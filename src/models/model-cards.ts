// The one story that is told of a model, whoever asks: what it is, what it can do, whether all of it is here.
import { ServerError } from '../core/index.ts';
import { type Capabilities, capabilitiesOf } from './capabilities.ts';
import type { Catalogue, FoundModel } from './catalogue.ts';
import type { ModelFacts, ModelReport } from './facts/model-facts.ts';
import { asServerError } from './machine-shortage.ts';
import type { Model } from './model.ts';
import type { ReadReport } from './model-reports.ts';
import { incompleteText } from './whole-models.ts';

export interface ModelCard {
  readonly id: string;
  /** Other names for it, from the configuration file. */
  readonly aliases: readonly string[];
  /** Null where the files cannot be taken for a model. */
  readonly model: Model | null;
  /** Null as above, and where the headers of its weights cannot be read. */
  readonly facts: ModelFacts | null;
  readonly capabilities: Capabilities | null;
  /** Bytes of memory that it is reckoned to need; null where that is not known. */
  readonly memoryBytes: number | null;
  /** Tokens of prompt and answer that its worker takes, which may be fewer than its own; null while it is not loaded. */
  readonly loadedContext: number | null;
  /** Why no worker could load it, and what to do; null for a model that is whole. */
  readonly problem: string | null;
}

export interface ModelCards {
  list(): Promise<readonly ModelCard[]>;
  /** @throws as the catalogue does for a name without a model */
  of(requested: string | undefined): Promise<ModelCard & { readonly model: Model }>;
}

export interface ModelCardParts {
  readonly catalogue: Catalogue;
  readonly reportOf: ReadReport;
  readonly aliases: () => Readonly<Record<string, string>>;
  /** What a model is reckoned to need. */
  readonly memoryBytesOf: (model: Model) => Promise<number>;
  readonly loadedContextOf: (id: string) => number | null;
}

export function createModelCards(parts: ModelCardParts): ModelCards {
  return {
    async list() {
      const found = await parts.catalogue.list();
      return Promise.all(found.map((one) => (one.model === null ? emptyCard(parts, one) : cardOf(parts, one.model))));
    },
    of: async (requested) => cardOf(parts, await parts.catalogue.resolve(requested)),
  };
}

async function cardOf(parts: ModelCardParts, model: Model): Promise<ModelCard & { readonly model: Model }> {
  const { report, problem } = await reportOn(parts, model);
  const facts = report?.facts ?? null;
  return {
    id: model.id,
    aliases: aliasesOf(parts, model.id),
    model,
    facts,
    capabilities: report === null ? null : capabilitiesOf(model, report),
    memoryBytes: facts === null ? null : await parts.memoryBytesOf(model),
    loadedContext: parts.loadedContextOf(model.id),
    problem,
  };
}

async function reportOn({ reportOf }: ModelCardParts, model: Model) {
  try {
    const report: ModelReport = await reportOf(model);
    return { report, problem: report.missing.length === 0 ? null : incompleteText(model, report.missing) };
  } catch (error) {
    const told = asServerError(error);
    if (told instanceof ServerError) return { report: null, problem: told.message };
    throw error;
  }
}

const emptyCard = async (parts: ModelCardParts, { id, problem }: FoundModel): Promise<ModelCard> => ({
  id,
  aliases: aliasesOf(parts, id),
  model: null,
  facts: null,
  capabilities: null,
  memoryBytes: null,
  loadedContext: null,
  problem,
});

const aliasesOf = ({ aliases }: ModelCardParts, id: string): readonly string[] =>
  Object.entries(aliases()).flatMap(([alias, name]) => (name === id ? [alias] : []));
