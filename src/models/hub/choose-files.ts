// Which of a repository's files a model needs: one GGUF quantisation, or safetensors with what describes them. Pure.
import { type ModelId, ServerError } from '../../core/index.ts';
import { weightsAmong } from '../facts/weight-files.ts';
import { isModelGguf, preferredStem, withoutPart } from '../gguf-tag.ts';
import type { HubFile } from './hub-client.ts';

const isGguf = ({ path }: HubFile): boolean => isModelGguf(path);

/** Beside the weights: configuration, tokenizer, chat template; folders of sentence-transformers with their config. */
const describesModel = ({ path }: HubFile): boolean =>
  /^[^/]+\.(json|jinja|tiktoken)$/.test(path) ||
  /^(tokenizer\.model|merges\.txt|vocab\.txt)$/.test(path) ||
  /^\d+_[A-Za-z]+\/config\.json$/.test(path);

/** @throws ServerError model_not_found, model_unsupported: what there is, and how to ask for it. */
export function chooseFiles(id: ModelId, files: readonly HubFile[]): readonly HubFile[] {
  const ggufs = files.filter(isGguf);
  const weights = safetensorsOf(files);
  const isMlx = weights.length > 0 && files.some(({ path }) => path === 'config.json');
  if (id.tag === undefined && isMlx) return [...files.filter(describesModel), ...weights];
  if (ggufs.length > 0) return oneQuantisation(id, ggufs);
  if (isMlx)
    throw new ServerError('model_not_found', `${id.org}/${id.name} has no GGUF files, so no tags.`, { param: 'model' });
  const why = 'it holds neither safetensors with a config.json nor GGUF files; nothing else is ever loaded';
  throw new ServerError('model_unsupported', `${id.org}/${id.name} is not downloaded: ${why}.`, { param: 'model' });
}

/** Those in the main folder. */
function safetensorsOf(files: readonly HubFile[]): readonly HubFile[] {
  const names = weightsAmong(files.map(({ path }) => path).filter((path) => !path.includes('/')));
  return files.filter(({ path }) => names.includes(path));
}

function oneQuantisation(id: ModelId, ggufs: readonly HubFile[]): readonly HubFile[] {
  const stemOf = ({ path }: HubFile): string => withoutPart(path);
  const stems = [...new Set(ggufs.map(stemOf))].sort();
  const stem = preferredStem(stems, id.tag);
  if (stem !== undefined) return ggufs.filter((file) => stemOf(file) === stem);
  const there = stems.slice(0, 20).map((name) => name.replace(/^.*\//, ''));
  throw new ServerError(
    'model_not_found',
    `${id.org}/${id.name} has no GGUF file "${id.tag}". It has ${there.join(', ')}.`,
    {
      param: 'model',
    },
  );
}
