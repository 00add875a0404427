// list: the models on this machine, and whether all of each is here.
import { modelBody } from '../gateway/index.ts';
import { createModelReports, type ModelCard } from '../models/index.ts';
import { composeCards, composeCatalogue } from './compose-models.ts';
import { type Flags, readConfig } from './read-config.ts';
import { formatBytes, formatCount, formatTable } from './table.ts';

const header = ['MODEL', 'ENGINE', 'PARAMETERS', 'QUANTISATION', 'CONTEXT', 'CAN', 'SIZE', 'MEMORY', 'ALIASES'];

export async function list(flags: Flags, { json }: { readonly json: boolean }): Promise<string> {
  const live = { current: readConfig(flags).config };
  const catalogue = composeCatalogue(live);
  const loadedContextOf = (): null => null; // No server is asked.
  const cards = await composeCards(live, { catalogue, reportOf: createModelReports(), loadedContextOf }).list();
  if (json) return JSON.stringify(cards.map(modelBody), null, 2);
  if (cards.length === 0) return 'No models yet: npm start sets up the starters, --models-dir names a folder of yours.';
  const shown = cards.some(({ aliases }) => aliases.length > 0) ? header : header.slice(0, -1);
  const problems = cards.flatMap(({ problem }) => (problem === null ? [] : [`! ${problem}`]));
  return [formatTable(shown, cards.map(rowOf)), ...(problems.length > 0 ? ['', ...problems] : [])].join('\n');
}

/** What is not known is a dash; a model with a problem has a mark, and the problem stands below. */
function rowOf(card: ModelCard): string[] {
  const { engine, parameters, quantization, context_length, capabilities, size_bytes, memory_bytes } = modelBody(card);
  const orDash = <T>(value: T | null, format: (known: T) => string): string => (value === null ? '-' : format(value));
  return [
    card.problem === null ? card.id : `${card.id} !`,
    engine ?? '-',
    orDash(parameters, formatCount),
    quantization ?? '-',
    orDash(context_length, String),
    capabilities.join(',') || '-',
    orDash(size_bytes, formatBytes),
    orDash(memory_bytes, formatBytes),
    card.aliases.join(','),
  ];
}

/** Names and aliases, one a line. */
export async function listNames(flags: Flags): Promise<string | undefined> {
  const { config } = readConfig(flags);
  const models = await composeCatalogue({ current: config }).list();
  return [...models.map(({ id }) => id), ...Object.keys(config.aliases)].join('\n') || undefined;
}
