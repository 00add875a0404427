// The part of the object graph that runs workers: the fleet that generates and embeds, the desk that tokenises. Limits are
// read from the live configuration at each use.
import { type Config, packagePath, settingsOfModel } from '../config/index.ts';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import { Fleet, QuestionDesk } from '../inference/index.ts';
import type { Model } from '../models/index.ts';
import {
  type EngineCommands,
  Supervisor,
  type SupervisorOptions,
  shippedEngines,
  type WorkerRegistry,
} from '../workers/index.ts';
import type { LiveConfig } from './live-config.ts';

type WorkerPurpose = NonNullable<SupervisorOptions['purpose']>;

/** The engines of this package, run with what this process's environment lets through. */
export const ownEngines = (): EngineCommands => shippedEngines(packagePath, process.env);

/** Prefix cache of one worker: an eighth of the budget, 4 GiB at the most. */
const promptCacheBytes = ({ memoryBudgetBytes }: Config): number =>
  Math.floor(Math.min(memoryBudgetBytes / 8, 4 * 1024 ** 3));

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
    createSupervisor: (model) => new Supervisor(supervisorOptions(model, { ...parts, emit }, 'tokenize')),
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
    createSupervisor: (model) => new Supervisor(supervisorOptions(model, { live, engines, registry, emit })),
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

/** `purpose` when it is not to generate, or to embed with a model made for that. */
function supervisorOptions(model: Model, parts: WorkerParts, purpose?: WorkerPurpose): SupervisorOptions {
  const { live, ...fixed } = parts;
  return {
    ...fixed,
    model,
    purpose: purpose ?? (model.embeds ? 'embed' : undefined),
    clock: systemClock,
    maxBatch: live.current.maxConcurrentRequests,
    get promptCacheBytes() {
      return promptCacheBytes(live.current);
    },
    get decodeStallTargetMs() {
      return live.current.decodeStallTargetMs;
    },
    get useStdio() {
      return live.current.useStdio;
    },
    get contextLength() {
      return settingsOfModel(live.current.models, model.id).contextLength ?? null;
    },
    get requestTimeoutMs() {
      return live.current.requestTimeoutMs;
    },
    get loadTimeoutMs() {
      return live.current.modelLoadTimeoutMs;
    },
  };
}
