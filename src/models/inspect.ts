// One folder → the model in it, read from its own files and never guessed from its name. Opens regular files only.
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ServerError } from '../core/index.ts';
import { hasTag } from './gguf-tag.ts';
import { absentAs } from './machine-shortage.ts';
import type { EngineName, Model } from './model.ts';
import { readSamplingDefaults } from './sampling-defaults.ts';

const maxJsonBytes = 4 * 1024 * 1024;

/** The model in `folder`, or undefined when it holds none. @throws ServerError `model_unsupported` with the reason. */
export async function inspectFolder(folder: string, id: string, tag: string | undefined): Promise<Model | undefined> {
  const names = await readdir(folder).catch(absentAs<string[]>([]));
  const ggufNames = names.filter((name) => name.toLowerCase().endsWith('.gguf')).sort();
  const safetensors = names.filter((name) => name.endsWith('.safetensors'));
  if (ggufNames.length > 0 && (tag !== undefined || !names.includes('config.json') || safetensors.length === 0)) {
    return inspectGguf(folder, id, tag, ggufNames);
  }
  if (!names.includes('config.json') || safetensors.length === 0) return undefined;
  const engine = engineOfConfig(await readJson(join(folder, 'config.json')), id);
  const embeds = names.includes('modules.json'); // As sentence-transformers writes it.
  return describe({ folder, id, engine, embeds, path: folder, weights: safetensors.map((name) => join(folder, name)) });
}

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
  folder: string,
  id: string,
  tag: string | undefined,
  names: readonly string[],
): Promise<Model | undefined> {
  const wanted = tag === undefined ? names : names.filter((name) => hasTag(name, tag));
  const name = wanted[0];
  if (name === undefined) return undefined;
  const path = join(folder, name);
  const header = await readStart(path, ggufFactsBytes);
  if (header?.toString('latin1', 0, 4) !== 'GGUF') {
    throw new ServerError('model_unsupported', `${basename(name)} of ${id} is not a GGUF file.`, { param: 'model' });
  }
  return describe({ folder, id, engine: 'llama', embeds: poolsTexts(header), path, weights: [path] });
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

async function describe(found: {
  folder: string;
  id: string;
  engine: EngineName;
  embeds: boolean;
  path: string;
  weights: readonly string[];
}): Promise<Model | undefined> {
  const stats = await Promise.all(found.weights.map((weight) => stat(weight).catch(absentAs(undefined))));
  if (stats.some((entry) => entry?.isFile() !== true)) return undefined;
  return {
    id: found.id,
    engine: found.engine,
    embeds: found.embeds,
    path: found.path,
    weightBytes: stats.reduce((sum, entry) => sum + (entry?.size ?? 0), 0),
    createdSeconds: Math.floor(Math.max(...stats.map((entry) => entry?.mtimeMs ?? 0)) / 1000),
    samplingDefaults: readSamplingDefaults(await readJson(join(found.folder, 'generation_config.json'))),
  };
}

/** The JSON value in `path`; undefined when it is absent, not a regular file, too large or malformed. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Malformed is the same as absent to the callers, who say what they miss.
  }
}

/** The text in `path`; undefined when it is absent, not a regular file or too large. */
export async function readText(path: string): Promise<string | undefined> {
  const bytes = await readStart(path, maxJsonBytes + 1);
  return bytes === undefined || bytes.length > maxJsonBytes ? undefined : bytes.toString('utf8');
}

/** The first `bytes` of a regular file; O_NONBLOCK, so that a FIFO under a model's name cannot hang us. */
async function readStart(path: string, bytes: number): Promise<Buffer | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat().then((entry) => (entry.isFile() ? entry : { size: -1 }));
    if (size < 0) return undefined;
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    return absentAs(undefined)(error); // Unreadable is the same as absent: the caller reports the model as not found.
  } finally {
    await file?.close();
  }
}
