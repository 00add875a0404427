// The part of the object graph that runs workers: the fleet that generates and embeds, the desk that tokenises. Limits are
// read from the live configuration at each use.
import { type Config, packagePath, settingsOfModel } from '../config/index.ts';
import { type EmitServerEvent, ServerError, systemClock } from '../core/index.ts';
import { Fleet, QuestionDesk } from '../inference/index.ts';
import type { Catalogue, LoadPlan, Model, ReadReport } from '../models/index.ts';
import {
  createFootprintReader,
  createMachineRoomReader,
  type EngineCommands,
  Supervisor,
  type SupervisorOptions,
  shippedEngines,
  type WorkerRegistry,
  type WorkerTuning,
} from '../workers/index.ts';
import type { LiveConfig } from './live-config.ts';
import { plannerOf, promptCacheBytesOf } from './load-wish.ts';

type WorkerPurpose = NonNullable<SupervisorOptions['purpose']>;

/** The engines of this package, run with what this process's environment lets through. */
export const ownEngines = (): EngineCommands => shippedEngines(packagePath, process.env);

interface WorkerParts {
  readonly live: LiveConfig;
  readonly engines: EngineCommands;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
  /** Where draft models are found. */
  readonly catalogue: Pick<Catalogue, 'resolve'>;
}

interface FleetParts extends WorkerParts {
  readonly reportOf: ReadReport;
}

/** Seed: five tokenizers are kept. What their workers do is logged, but counts for no model that is loaded. */
export function composeDesk(parts: WorkerParts): QuestionDesk {
  const emit: EmitServerEvent = (event) => parts.emit('workerId' in event ? { ...event, purpose: 'tokenize' } : event);
  return new QuestionDesk({
    clock: systemClock,
    createSupervisor: (model) => new Supervisor(supervisorOptions(model, { ...parts, emit }, { purpose: 'tokenize' })),
    maxWorkers: 5,
    get idleTimeoutMs() {
      return parts.live.current.idleTimeoutMs;
    },
  });
}

export function composeFleet({ reportOf, ...parts }: FleetParts): Fleet {
  const { live, emit, catalogue } = parts;
  const { maxConcurrentRequests } = live.current;
  return new Fleet({
    clock: systemClock,
    emit,
    createSupervisor: (model, plan) => new Supervisor(supervisorOptions(model, parts, { plan })),
    readFootprint: createFootprintReader(),
    readMachineRoom: createMachineRoomReader(),
    planLoads: async (model) => plannerOf(model, live.current, { catalogue, reportOf }),
    maxConcurrentRequests,
    get queueMaxDepth() {
      return live.current.queueMaxDepth;
    },
    get queueTimeoutsMs() {
      const { queueTimeoutHighMs: high, queueTimeoutNormalMs: normal, queueTimeoutLowMs: low } = live.current;
      return { high, normal, low };
    },
    keepMs: (modelId) => {
      const { pin, ttlMs } = settingsOfModel(live.current.models, modelId);
      return pin ? null : (ttlMs ?? live.current.idleTimeoutMs);
    },
    get memoryBudgetBytes() {
      return live.current.memoryBudgetBytes;
    },
  });
}

interface WorkerWish {
  /** When it is not to generate, or to embed with a model made for that. */
  readonly purpose?: WorkerPurpose;
  /** Within what the model is loaded; nothing where it holds no weights. */
  readonly plan?: () => LoadPlan | null;
}

function supervisorOptions(model: Model, parts: WorkerParts, wish: WorkerWish): SupervisorOptions {
  const { live, catalogue, ...fixed } = parts;
  const planned = (): LoadPlan | null => wish.plan?.() ?? null;
  return {
    ...fixed,
    model,
    purpose: wish.purpose ?? (model.embeds ? 'embed' : undefined),
    clock: systemClock,
    maxBatch: live.current.maxConcurrentRequests,
    get promptCacheBytes() {
      return planned()?.promptCacheBytes ?? promptCacheBytesOf(live.current, model);
    },
    get decodeStallTargetMs() {
      return live.current.decodeStallTargetMs;
    },
    get useStdio() {
      return live.current.useStdio;
    },
    get contextLength() {
      const ordered = settingsOfModel(live.current.models, model.id).contextLength ?? null;
      // llama.cpp's worker makes the best of its cells: a context that nobody ordered is its own choice.
      return model.engine === 'llama' ? ordered : (planned()?.contextLength ?? ordered);
    },
    get tuning() {
      const cacheTokens = planned()?.cacheTokens ?? undefined;
      return wish.purpose === 'tokenize' ? {} : { ...tuningOf(live.current, model, catalogue), cacheTokens };
    },
    get requestTimeoutMs() {
      return live.current.requestTimeoutMs;
    },
    get loadTimeoutMs() {
      return live.current.modelLoadTimeoutMs;
    },
  };
}

function tuningOf({ models }: Config, model: Model, catalogue: WorkerParts['catalogue']): WorkerTuning {
  const { kvBits, adapter, draftModel } = settingsOfModel(models, model.id);
  const findDraft = draftModel === undefined ? undefined : () => draftPathOf(draftModel, model, catalogue);
  return { kvBits, adapterPath: adapter, findDraft };
}

/** @throws ServerError whose message tells a client why the model that asks for it cannot be loaded. */
async function draftPathOf(name: string, model: Model, catalogue: WorkerParts['catalogue']): Promise<string> {
  const draft = await catalogue.resolve(name).catch((error: Error) => {
    throw new ServerError('model_unsupported', `its draft model cannot be used: ${error.message}`, { cause: error });
  });
  if (draft.engine === model.engine && !draft.embeds) return draft.path;
  const kind = draft.embeds ? 'an embedding model' : `a model for ${draft.engine}`;
  throw new ServerError(
    'model_unsupported',
    `its draft model ${name} is ${kind}, and this one runs on ${model.engine}`,
  );
}
