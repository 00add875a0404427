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
import { inspectFolder } from './inspect.ts';
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
  list(): Promise<Model[]>;
}

interface Root {
  readonly dir: string;
  readonly find: (dir: string, id: ModelId) => Promise<string | undefined>;
  readonly list: (dir: string) => Promise<string[]>;
}

export function openCatalogue(options: CatalogueOptions): Catalogue {
  const hub = join(options.huggingFaceHome, 'hub');
  const roots: Root[] = options.modelsDirs.map((dir) => ({ dir, find: findInFolder, list: listFolder }));
  roots.push({ dir: hub, find: findInHub, list: listHub });

  const findModel: FindModel = async (id, name) => {
    for (const root of roots) {
      const folder = await root.find(root.dir, id).then((path) => insideRoot(root.dir, path));
      const model = folder === undefined ? undefined : await inspectFolder(folder, name, id.tag);
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
      throw new ServerError('model_not_found', `The model ${quoteModelId(asked)} is not on this machine.`, {
        param: 'model',
      });
    },
    async list() {
      try {
        return await listAll(roots, findModel);
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

async function listAll(roots: readonly Root[], findModel: FindModel): Promise<Model[]> {
  const found = new Map<string, Model>();
  for (const root of roots) {
    for (const name of await root.list(root.dir)) {
      const id = parseModelId(name);
      if (id === undefined || found.has(name)) continue;
      const model = await findModel(id, name).catch(absentAs(undefined)); // One broken model hides no other.
      if (model !== undefined) found.set(name, model);
    }
  }
  return [...found.values()];
}

/** `path` with links resolved, provided that it stays below `root`. */
async function insideRoot(root: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(path)]);
    return realFolder.startsWith(realRoot + sep) ? realFolder : undefined;
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

const hubFolder = (org: string, name: string): string => `models--${org}--${name}`;

/** The snapshot that `refs/main` names, else the only one there is. */
async function findInHub(hub: string, { org, name }: ModelId): Promise<string | undefined> {
  const repository = join(hub, hubFolder(org, name));
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
