// The part of the object graph that runs workers: the fleet that generates and embeds, the desk that tokenises. Limits are
// read from the live configuration at each use.
import { type Config, packagePath, settingsOfModel } from '../config/index.ts';
import { type EmitServerEvent, ServerError, systemClock } from '../core/index.ts';
import { Fleet, QuestionDesk } from '../inference/index.ts';
import type { Catalogue, Model } from '../models/index.ts';
import {
  type EngineCommands,
  Supervisor,
  type SupervisorOptions,
  shippedEngines,
  type WorkerRegistry,
  type WorkerTuning,
} from '../workers/index.ts';
import type { LiveConfig } from './live-config.ts';

type WorkerPurpose = NonNullable<SupervisorOptions['purpose']>;

/** The engines of this package, run with what this process's environment lets through. */
export const ownEngines = (): EngineCommands => shippedEngines(packagePath, process.env);

/** Prefix cache of one worker: what is set, else an eighth of the budget, 4 GiB at the most. */
const promptCacheBytesOf = ({ models, promptCacheBytes, memoryBudgetBytes }: Config, model: Model): number =>
  settingsOfModel(models, model.id).promptCacheBytes ??
  promptCacheBytes ??
  Math.floor(Math.min(memoryBudgetBytes / 8, 4 * 1024 ** 3));

interface WorkerParts {
  readonly live: LiveConfig;
  readonly engines: EngineCommands;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
  /** Where draft models are found. */
  readonly catalogue: Pick<Catalogue, 'resolve'>;
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

export function composeFleet(parts: WorkerParts): Fleet {
  const { live, emit } = parts;
  const { maxConcurrentRequests } = live.current;
  return new Fleet({
    clock: systemClock,
    emit,
    createSupervisor: (model) => new Supervisor(supervisorOptions(model, parts)),
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
  const { live, catalogue, ...fixed } = parts;
  return {
    ...fixed,
    model,
    purpose: purpose ?? (model.embeds ? 'embed' : undefined),
    clock: systemClock,
    maxBatch: live.current.maxConcurrentRequests,
    get promptCacheBytes() {
      return promptCacheBytesOf(live.current, model);
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
    get tuning() {
      return purpose === 'tokenize' ? {} : tuningOf(live.current, model, catalogue);
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
