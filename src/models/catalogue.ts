// Names → models on this disk. Looks in models folders (DIR/org/name) and in the Hugging Face cache, in that order.
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  type ModelId,
  parseModelId,
  quoteModelId,
  requireModelId,
  type SamplingDefaults,
  ServerError,
} from '../core/index.ts';
import { hubFolder } from './hub/hub-cache.ts';
import { unfinishedDownload } from './hub/unfinished.ts';
import { inspectFolder, type ModelFolder, namesIn } from './inspect.ts';
import { absentAs, asServerError, shortageOf } from './machine-shortage.ts';
import type { Model } from './model.ts';

/** Aliases and the default model are read at each request: they may change. */
export interface CatalogueOptions {
  /** Folders that hold models as org/name, first match wins. */
  readonly modelsDirs: readonly string[];
  /** The Hugging Face home; its `hub` folder is searched after all models folders. */
  readonly huggingFaceHome: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly defaultModel: string;
  /** What the operator says of a model's sampling; it goes before what the model's files say. */
  readonly samplingOf?: (id: string) => SamplingDefaults;
}

export interface Catalogue {
  /** Throws `invalid_request` for what is no name, `model_not_found`, `model_unsupported`. */
  resolve(requested: string | undefined): Promise<Model>;
  /** Every model that is here, in part at least, in the order in which names are looked up. */
  list(): Promise<readonly FoundModel[]>;
}

export interface FoundModel {
  readonly id: string;
  /** Null where its files cannot be taken for a model, for the reason given. */
  readonly model: Model | null;
  readonly problem: string | null;
}

interface Root {
  readonly dir: string;
  readonly find: (dir: string, id: ModelId) => Promise<string | undefined>;
  readonly list: (dir: string) => Promise<string[]>;
  readonly isHub: boolean;
}

export function openCatalogue(options: CatalogueOptions): Catalogue {
  const hub = join(options.huggingFaceHome, 'hub');
  const roots: Root[] = options.modelsDirs.map((dir) => ({ dir, find: findInFolder, list: listFolder, isHub: false }));
  roots.push({ dir: hub, find: findInHub, list: listHub, isHub: true });

  const findModel: FindModel = async (id, name) => {
    for (const root of roots) {
      const place = await placeOf(root, id);
      const model = place === undefined ? undefined : await inspectFolder(place, name, id.tag);
      if (model !== undefined) return model;
    }
    return undefined;
  };

  const lastSeen = new Map<string, Model>();

  /** A model that was here is taken to be here still while the machine is too short of something to look. */
  const findOrRecall = async (name: string): Promise<Model | undefined> => {
    try {
      const model = await findModel(requireModelId(name), name);
      if (model === undefined) lastSeen.delete(name);
      else lastSeen.set(name, model);
      return model;
    } catch (error) {
      const known = shortageOf(error) === undefined ? undefined : lastSeen.get(name);
      if (known === undefined) throw asServerError(error);
      return known;
    }
  };

  return {
    async resolve(requested) {
      const asked = requested === undefined || requested === 'default' ? options.defaultModel : requested;
      const name = Object.hasOwn(options.aliases, asked) ? options.aliases[asked]! : asked;
      const model = await findOrRecall(name);
      if (model !== undefined) return withSampling(model, options.samplingOf?.(model.id));
      const problem = await unfinishedDownload(hub, requireModelId(name));
      const text = problem === undefined ? `The model ${quoteModelId(asked)} is not on this machine.` : `${problem}.`;
      throw new ServerError('model_not_found', text, { param: 'model' });
    },
    async list() {
      try {
        return await listAll(roots, findModel, hub);
      } catch (error) {
        throw asServerError(error);
      }
    },
  };
}

function withSampling(model: Model, chosen: SamplingDefaults = {}): Model {
  const said = Object.entries(chosen).filter(([, value]) => value !== undefined);
  return { ...model, samplingDefaults: { ...model.samplingDefaults, ...Object.fromEntries(said) } };
}

type FindModel = (id: ModelId, name: string) => Promise<Model | undefined>;

async function listAll(roots: readonly Root[], findModel: FindModel, hub: string): Promise<readonly FoundModel[]> {
  const found = new Map<string, FoundModel>();
  for (const root of roots) {
    for (const name of await root.list(root.dir)) {
      const id = parseModelId(name);
      if (id === undefined || found.has(name)) continue;
      const place = await placeOf(root, id);
      const names = place === undefined ? [name] : await namesIn(place.folder, name);
      for (const each of names) {
        const model = await findOrSay(findModel, each, hub);
        if (model !== undefined && !found.has(each)) found.set(each, model);
      }
    }
  }
  return [...found.values()];
}

/** One broken model hides no other, and is not hidden itself. */
async function findOrSay(findModel: FindModel, name: string, hub: string): Promise<FoundModel | undefined> {
  const id = parseModelId(name);
  if (id === undefined) return undefined; // A tag that cannot be asked for.
  try {
    const model = await findModel(id, name);
    if (model !== undefined) return { id: name, model, problem: null };
    const problem = await unfinishedDownload(hub, id);
    return problem === undefined ? undefined : { id: name, model: null, problem };
  } catch (error) {
    if (error instanceof ServerError) return { id: name, model: null, problem: error.message };
    return absentAs(undefined)(error);
  }
}

/** Where a root has `id`, links resolved, provided that it stays below the root. */
async function placeOf(root: Root, id: ModelId): Promise<ModelFolder | undefined> {
  const path = await root.find(root.dir, id);
  if (path === undefined) return undefined;
  try {
    const [realRoot, folder] = await Promise.all([realpath(root.dir), realpath(path)]);
    return folder.startsWith(realRoot + sep) ? { folder, root: realRoot, fromHub: root.isHub } : undefined;
  } catch (error) {
    return absentAs(undefined)(error);
  }
}

const foldersIn = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { withFileTypes: true }).catch(absentAs([]));
  return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name);
};

const findInFolder = async (dir: string, { org, name }: ModelId): Promise<string | undefined> => join(dir, org, name);

async function listFolder(dir: string): Promise<string[]> {
  const orgs = await foldersIn(dir);
  const names = await Promise.all(orgs.map(async (org) => (await foldersIn(join(dir, org))).map((n) => `${org}/${n}`)));
  return names.flat().sort();
}

/** The snapshot that `refs/main` names, else the only one there is. */
async function findInHub(hub: string, id: ModelId): Promise<string | undefined> {
  const repository = join(hub, hubFolder(id));
  const revision = await readFile(join(repository, 'refs', 'main'), 'utf8').catch(absentAs(''));
  if (/^[0-9a-f]{40}$/.test(revision.trim())) return join(repository, 'snapshots', revision.trim());
  const snapshots = await foldersIn(join(repository, 'snapshots'));
  return snapshots.length === 1 ? join(repository, 'snapshots', snapshots[0]!) : undefined;
}

async function listHub(hub: string): Promise<string[]> {
  const folders = await foldersIn(hub);
  return folders.flatMap((folder) => {
    const match = /^models--([^-].*?)--(.+)$/.exec(folder);
    return match === null ? [] : [`${match[1]}/${match[2]}`];
  });
}
