// One folder → the models in it, read from its own files and never guessed from its name.
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { ServerError } from '../core/index.ts';
import { weightsAmong } from './facts/weight-files.ts';
import { isModelGguf, preferredStem, tagOf, withoutPart } from './gguf-tag.ts';
import { absentAs } from './machine-shortage.ts';
import type { EngineName, Model } from './model.ts';
import { readJson, readStart } from './read-file.ts';
import { readSamplingDefaults } from './sampling-defaults.ts';

/** Where a model is looked for. */
export interface ModelFolder {
  readonly folder: string;
  /** Links from the folder must not lead out of it. */
  readonly root: string;
  /** It is the hub's cache, which can fetch what is missing. */
  readonly fromHub: boolean;
}

const indexName = 'model.safetensors.index.json';

/** The model in a folder, or undefined when it holds none. @throws ServerError `model_unsupported` with the reason. */
export async function inspectFolder(
  place: ModelFolder,
  id: string,
  tag: string | undefined,
): Promise<Model | undefined> {
  const names = await readdir(place.folder).catch(absentAs<string[]>([]));
  const ggufNames = ggufsAmong(names);
  const isMlx = holdsMlx(names);
  if (ggufNames.length > 0 && (tag !== undefined || !isMlx)) return inspectGguf(place, id, tag, ggufNames);
  if (!isMlx) return undefined;
  const config = await readJson(join(place.folder, 'config.json'));
  const engine = engineOfConfig(config, id);
  const embeds = names.includes('modules.json'); // As sentence-transformers writes it.
  return describe({
    ...place,
    id,
    engine,
    embeds,
    path: place.folder,
    weights: weightsAmong(names),
    about: [config, names],
  });
}

/** The names that the models in a folder are asked for by: `name`, and with a tag each GGUF file that it alone does not give. */
export async function namesIn(folder: string, name: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(absentAs<string[]>([]));
  const stems = new Set(ggufsAmong(names).map(withoutPart));
  const isMlx = holdsMlx(names);
  if (stems.size < (isMlx ? 1 : 2)) return [name];
  const tagged = [...new Set([...stems].map(tagOf))].sort().map((tag) => `${name}:${tag}`);
  return isMlx ? [name, ...tagged] : tagged;
}

const holdsMlx = (names: readonly string[]): boolean =>
  names.includes('config.json') && (weightsAmong(names).length > 0 || names.includes(indexName));

const ggufsAmong = (names: readonly string[]): readonly string[] => names.filter(isModelGguf).sort();

function engineOfConfig(config: unknown, id: string): EngineName {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ServerError('model_unsupported', `The config.json of ${id} is not a JSON object.`, { param: 'model' });
  }
  for (const key of ['auto_map', 'model_file']) {
    if (key in config) {
      const why = `its config.json asks to run code of its own (${key})`;
      throw new ServerError('model_unsupported', `${id} is not loaded: ${why}.`, { param: 'model' });
    }
  }
  return 'vision_config' in config ? 'mlx-vision' : 'mlx-text';
}

async function inspectGguf(
  place: ModelFolder,
  id: string,
  tag: string | undefined,
  names: readonly string[],
): Promise<Model | undefined> {
  const stem = preferredStem([...new Set(names.map(withoutPart))], tag);
  const weights = names.filter((name) => withoutPart(name) === stem);
  if (weights.length === 0) return undefined;
  const path = join(place.folder, weights[0]!);
  const header = (await readStart(path, ggufFactsBytes)) ?? Buffer.alloc(0);
  if (!'GGUF'.startsWith(header.toString('latin1', 0, 4))) {
    throw new ServerError('model_unsupported', `${basename(path)} of ${id} is not a GGUF file.`, { param: 'model' });
  }
  return describe({ ...place, id, engine: 'llama', embeds: poolsTexts(header), path, weights, about: [names] });
}

/** The facts of the architecture come first in a header, before the vocabulary. */
const ggufFactsBytes = 32 * 1024;
const poolingKey = '.pooling_type';
const uint32Type = 4;
/** llama.cpp's kinds of pooling that make one vector of a text: mean, first token, last token. */
const vectorPoolings: readonly number[] = [1, 2, 3];

/** Whether a GGUF header says that texts are pooled: the key, its type, its value. */
function poolsTexts(header: Buffer): boolean {
  const at = header.indexOf(poolingKey, 0, 'latin1') + poolingKey.length;
  if (at < poolingKey.length || at + 8 > header.length) return false;
  return header.readUInt32LE(at) === uint32Type && vectorPoolings.includes(header.readUInt32LE(at + 4));
}

interface FoundModel extends ModelFolder {
  readonly id: string;
  readonly engine: EngineName;
  readonly embeds: boolean;
  readonly path: string;
  /** Names in the folder. */
  readonly weights: readonly string[];
  /** What else its facts depend on. */
  readonly about: unknown;
}

/** Undefined where a weight is something else than a file, or lies elsewhere. One that is absent behind its link is not there. */
async function describe(found: FoundModel): Promise<Model | undefined> {
  const paths = found.weights.map((name) => join(found.folder, name));
  if (!(await Promise.all(paths.map((path) => isInside(found.root, path)))).every(Boolean)) return undefined;
  const stats = await Promise.all(paths.map((path) => stat(path).catch(absentAs(undefined))));
  if (stats.some((entry) => entry?.isFile() === false)) return undefined;
  const seen = [...stats, ...(await templatesIn(found.folder))].map((entry) => [entry?.size, entry?.mtimeMs]);
  return {
    id: found.id,
    engine: found.engine,
    embeds: found.embeds,
    path: found.path,
    weightBytes: stats.reduce((sum, entry) => sum + (entry?.size ?? 0), 0),
    createdSeconds: Math.floor(Math.max(0, ...stats.map((entry) => entry?.mtimeMs ?? 0)) / 1000),
    fromHub: found.fromHub,
    stamp: createHash('sha256')
      .update(JSON.stringify([paths, seen, found.about]))
      .digest('base64'),
    samplingDefaults: readSamplingDefaults(await readJson(join(found.folder, 'generation_config.json'))),
  };
}

/** What a model can do depends on its chat template, which any of these may hold. */
const templatesIn = (folder: string): Promise<(Stats | undefined)[]> =>
  Promise.all(templateNames.map((name) => stat(join(folder, name)).catch(absentAs(undefined))));
const templateNames = ['chat_template.jinja', 'chat_template.json', 'tokenizer_config.json'];

async function isInside(root: string, path: string): Promise<boolean> {
  const real = await realpath(path).catch(absentAs(undefined));
  return real === undefined || real.startsWith(root + sep);
}
