// The part of the object graph that runs workers: the fleet that generates and embeds, the desk that tokenises. Limits are
// read from the live configuration at each use.
import { packagePath, settingsOfModel } from '../config/index.ts';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import { Fleet, QuestionDesk } from '../inference/index.ts';
import type { LoadPlan, Model } from '../models/index.ts';
import {
  createFootprintReader,
  createMachineRoomReader,
  type EngineCommands,
  Supervisor,
  type SupervisorOptions,
  shippedEngines,
  type WorkerRegistry,
} from '../workers/index.ts';
import type { LiveConfig } from './live-config.ts';
import { plannerOf, promptCacheBytes } from './load-wish.ts';

type WorkerPurpose = NonNullable<SupervisorOptions['purpose']>;

/** The engines of this package, run with what this process's environment lets through. */
export const ownEngines = (): EngineCommands => shippedEngines(packagePath, process.env);

interface WorkerParts {
  readonly live: LiveConfig;
  readonly engines: EngineCommands;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
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

export function composeFleet({ live, engines, registry, emit }: WorkerParts): Fleet {
  const { maxConcurrentRequests } = live.current;
  return new Fleet({
    clock: systemClock,
    emit,
    createSupervisor: (model, plan) =>
      new Supervisor(supervisorOptions(model, { live, engines, registry, emit }, { plan })),
    readFootprint: createFootprintReader(),
    readMachineRoom: createMachineRoomReader(),
    planLoads: async (model) => plannerOf(model, live.current),
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
  const { live, ...fixed } = parts;
  const planned = (): LoadPlan | null => wish.plan?.() ?? null;
  return {
    ...fixed,
    model,
    purpose: wish.purpose ?? (model.embeds ? 'embed' : undefined),
    clock: systemClock,
    maxBatch: live.current.maxConcurrentRequests,
    get promptCacheBytes() {
      return planned()?.promptCacheBytes ?? promptCacheBytes(live.current);
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
    get cacheTokens() {
      return planned()?.cacheTokens ?? null;
    },
    get requestTimeoutMs() {
      return live.current.requestTimeoutMs;
    },
    get loadTimeoutMs() {
      return live.current.modelLoadTimeoutMs;
    },
  };
}
