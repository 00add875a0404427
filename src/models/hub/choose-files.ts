// Which of a repository's files a model needs: one GGUF quantisation, or safetensors with what describes them. Pure.
import { type ModelId, ServerError } from '../../core/index.ts';
import { hasTag, isProjector, withoutPart } from '../gguf-tag.ts';
import type { HubFile } from './hub-client.ts';

/** Taken when no tag is named, best first: small with little loss. */
const preferredTags = ['Q4_K_M', 'Q4_K_S', 'Q4_0', 'Q4_1', 'IQ4_XS', 'Q5_K_M', 'Q5_K_S', 'Q6_K', 'Q8_0', 'F16', 'BF16'];

const isGguf = ({ path }: HubFile): boolean => /\.gguf$/i.test(path) && !isProjector(path);

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

/** Those in the main folder. `consolidated` ones are the same weights once more. */
function safetensorsOf(files: readonly HubFile[]): readonly HubFile[] {
  const all = files.filter(({ path }) => /^[^/]+\.safetensors$/.test(path));
  const named = all.filter(({ path }) => !path.startsWith('consolidated'));
  return named.length > 0 ? named : all;
}

function oneQuantisation(id: ModelId, ggufs: readonly HubFile[]): readonly HubFile[] {
  const stemOf = ({ path }: HubFile): string => withoutPart(path);
  const stems = [...new Set(ggufs.map(stemOf))].sort();
  const withTag = (tag: string): string | undefined => stems.find((stem) => hasTag(stem, tag));
  const stem = id.tag === undefined ? (preferredTags.map(withTag).find(Boolean) ?? stems[0]!) : withTag(id.tag);
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
