// Builds the object graph, and is alone in that. The arrows that would go up between folders are functions passed in here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Config, packagePath, settingsOfModel, version } from '../config/index.ts';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import {
  type AccessRules,
  createAdminApp,
  createApiApp,
  createLiveRequests,
  type ModelControl,
  type RateLimitOptions,
} from '../gateway/index.ts';
import { createImageRoad, type ImageRoad } from '../images/index.ts';
import { createCountTokens, createGenerate, Fleet, type Generate } from '../inference/index.ts';
import {
  type Catalogue,
  createAnswerWordings,
  createPuller,
  type Model,
  openCatalogue,
  type Puller,
  withAutoPull,
} from '../models/index.ts';
import { createTelemetry, openTraces, type Telemetry, type Traces } from '../telemetry/index.ts';
import {
  type EngineCommands,
  Supervisor,
  type SupervisorOptions,
  shippedEngines,
  type WorkerRegistry,
} from '../workers/index.ts';
import { CliFailure } from './failure.ts';
import { createLiveConfig, type LiveConfig, type Reread } from './live-config.ts';
import { openRegistry } from './open-registry.ts';
import { openResponses } from './open-responses.ts';

export interface ServerParts {
  readonly api: FastifyInstance;
  readonly admin: FastifyInstance;
  readonly fleet: Fleet;
  readonly catalogue: Catalogue;
  readonly generate: Generate;
  readonly images: ImageRoad;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
  readonly live: LiveConfig;
  /** Null where no collector is configured. */
  readonly traces: Traces | null;
}

/** Prefix cache of one worker: an eighth of the budget, 4 GiB at the most. */
const promptCacheBytes = ({ memoryBudgetBytes }: Config): number =>
  Math.floor(Math.min(memoryBudgetBytes / 8, 4 * 1024 ** 3));

/**
 * `engines` names the worker programs; tests pass programs that misbehave. Workers that dead servers left are gone when
 * it resolves, and this server is on record.
 */
export async function compose(config: Config, engines: EngineCommands, reread: Reread): Promise<ServerParts> {
  const telemetry = composeTelemetry(config);
  const { emit } = telemetry;
  const traces = await composeTraces(config, emit);
  if (traces !== null) telemetry.listen(traces.add);
  const live = createLiveConfig({
    config,
    reread,
    emit,
    onChange: (next) => {
      telemetry.setLogLevel(next.logLevel);
      fleet.limitsChanged();
    },
  });
  const puller = composePuller(config);
  const onDisk = composeCatalogue(live);
  const catalogue = config.autoPull ? withAutoPull(onDisk, puller) : onDisk;
  const registry = await openRegistry(config.stateDir, emit);
  const fleet = composeFleet({ live, engines, registry, emit });
  const responses = await openResponses(config.stateDir, emit);
  const degraded = (): readonly string[] => [
    ...(registry.problem === null ? [] : ['registry']),
    ...(responses.store.problem === null ? [] : ['responses']),
  ];
  const images = composeImages(config);
  const generate = createGenerate({ catalogue, fleet, images, wordingOf: createAnswerWordings(), emit });
  const requests = createLiveRequests();
  const control = composeControl(catalogue, fleet);
  const unready = (): readonly string[] => fleet.unready;
  const api = createApiApp({
    version,
    generate,
    countTokens: createCountTokens(generate),
    responses,
    control,
    workers: () => fleet.snapshots(),
    live: requests,
    catalogue,
    unready,
    degraded,
    emit,
    access: () => accessOf(live.current, config.host),
    rateLimit: currentRateLimit(live),
    slowClients: config,
    uploadBudgetBytes: config.uploadBudgetBytes,
  });
  const startedMs = systemClock.monotonicMs();
  const status = (): object => ({
    version,
    pid: process.pid,
    uptimeMs: Math.round(systemClock.monotonicMs() - startedMs),
    ports: { api: portOf(api), admin: portOf(admin) },
    workers: fleet.snapshots(),
    queue: { depth: fleet.queueDepth },
    totals: telemetry.totals(),
  });
  const admin = createAdminApp({
    ...telemetry,
    status,
    live: requests,
    catalogue,
    puller,
    control,
    reload: () => live.reload('admin'),
    access: () => accessOf(live.current, config.adminHost),
    slowClients: config,
    uploadBudgetBytes: config.uploadBudgetBytes,
  });
  return { api, admin, fleet, catalogue, generate, images, registry, emit, live, traces };
}

function composeTelemetry({ logLevel: level, logFormat: format, logDir: dir }: Config): Telemetry {
  try {
    return createTelemetry({ level, format, dir, version, clock: systemClock });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliFailure(`The log cannot be written to ${dir} (${code ?? message}); choose another MLX_LOG_DIR.`);
  }
}

async function composeTraces(
  { otlpEndpoint, otlpTracesEndpoint }: Config,
  emit: EmitServerEvent,
): Promise<Traces | null> {
  const url = otlpTracesEndpoint ?? (otlpEndpoint === null ? null : `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`);
  return url === null ? null : openTraces({ url, version, clock: systemClock, emit });
}

const accessOf = ({ apiKeys, allowedHosts, allowedOrigins }: Config, boundHost: string): AccessRules => ({
  keys: apiKeys,
  allowedHosts,
  allowedOrigins,
  boundHost,
});

/** The same object for as long as the limit is the same. */
function currentRateLimit(live: LiveConfig): () => RateLimitOptions | null {
  let known: RateLimitOptions | null = null;
  return () => {
    const { rateLimitEnabled, rateLimitRpm: requestsPerMinute, rateLimitBurst: burst } = live.current;
    if (!rateLimitEnabled) known = null;
    else if (known?.requestsPerMinute !== requestsPerMinute || known.burst !== burst)
      known = { requestsPerMinute, burst, clock: systemClock };
    return known;
  };
}

function composeControl(catalogue: Catalogue, fleet: Fleet): ModelControl {
  return {
    async load(name, signal) {
      const startedMs = systemClock.monotonicMs();
      const model = await catalogue.resolve(name);
      await fleet.load(model, signal);
      return { model: model.id, loadMs: Math.round(systemClock.monotonicMs() - startedMs) };
    },
    unload: async (name) => fleet.unload(name === undefined ? undefined : (await catalogue.resolve(name)).id),
  };
}

/** The engines of this package, run with what this process's environment lets through. */
export const ownEngines = (): EngineCommands => shippedEngines(packagePath, process.env);

/** Where models are looked for: the operator's folders, then the starters beside the program, then Hugging Face's cache. */
export function composeCatalogue(live: Pick<LiveConfig, 'current'>): Catalogue {
  const { huggingFaceHome, modelsDirs } = live.current;
  return openCatalogue({
    modelsDirs: [...modelsDirs, packagePath('.runtime/models')],
    huggingFaceHome,
    get aliases() {
      return live.current.aliases;
    },
    get defaultModel() {
      return live.current.defaultModel;
    },
    samplingOf: (id) => settingsOfModel(live.current.models, id).sampling,
  });
}

export function composePuller(config: Config): Puller {
  const { huggingFaceHome, huggingFaceEndpoint: endpoint, huggingFaceToken, offline } = config;
  const token = huggingFaceToken?.reveal() ?? savedToken(huggingFaceHome);
  return createPuller({ huggingFaceHome, endpoint, token, offline });
}

/** What `hf auth login` left. */
function savedToken(huggingFaceHome: string): string | null {
  try {
    return readFileSync(join(huggingFaceHome, 'token'), 'utf8').trim() || null;
  } catch {
    return null; // Most people have none.
  }
}

function composeImages(config: Config): ImageRoad {
  return createImageRoad({
    allowedFolders: config.allowedLocalMediaPath,
    allowedHosts: config.imageAllowedHosts,
    maxDimension: config.visionAutoResize ? config.visionMaxDimension : null,
    cache: { maxEntries: config.visionResizeCacheSize, ttlMs: config.visionResizeCacheTtlMs },
    decoder: { program: packagePath('dist/images/decoder/main.js') },
    clock: systemClock,
  });
}

function composeFleet(parts: {
  readonly live: LiveConfig;
  readonly engines: EngineCommands;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
}): Fleet {
  const { live, engines, registry, emit } = parts;
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

function supervisorOptions(
  model: Model,
  parts: {
    readonly live: LiveConfig;
    readonly engines: EngineCommands;
    readonly registry: WorkerRegistry;
    readonly emit: EmitServerEvent;
  },
): SupervisorOptions {
  const { live, ...fixed } = parts;
  return {
    ...fixed,
    model,
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

export function portOf(app: FastifyInstance): number | null {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : null;
}
