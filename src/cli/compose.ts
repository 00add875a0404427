// Builds the object graph, and is alone in that. The arrows that would go up between folders are functions passed in here.
import type { FastifyInstance } from 'fastify';
import { type Config, packagePath, version } from '../config/index.ts';
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
import { createEmbed, createGenerate, createTokenizers, Fleet, QuestionDesk, withEcho } from '../inference/index.ts';
import { type Catalogue, type Model, openCatalogue } from '../models/index.ts';
import { createTelemetry } from '../telemetry/index.ts';
import { type EngineCommands, Supervisor, shippedEngines, type WorkerRegistry } from '../workers/index.ts';
import { openRegistry } from './open-registry.ts';

export interface ServerParts {
  readonly api: FastifyInstance;
  readonly admin: FastifyInstance;
  readonly fleet: Fleet;
  readonly desk: QuestionDesk;
  readonly catalogue: Catalogue;
  readonly images: ImageRoad;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
}

/** Prefix cache of one worker: an eighth of the budget, 4 GiB at the most. */
const promptCacheBytes = ({ memoryBudgetBytes }: Config): number =>
  Math.floor(Math.min(memoryBudgetBytes / 8, 4 * 1024 ** 3));

/**
 * `engines` names the worker programs; tests pass programs that misbehave. Workers that dead servers left are gone when
 * it resolves, and this server is on record.
 */
export async function compose(config: Config, engines: EngineCommands): Promise<ServerParts> {
  const { logLevel: level, logFormat: format } = config;
  const telemetry = createTelemetry({ level, format, version, clock: systemClock });
  const { emit } = telemetry;
  const catalogue = composeCatalogue(config);
  const registry = await openRegistry(config.stateDir, emit);
  const fleet = composeFleet({ config, engines, registry, emit });
  const degraded = (): readonly string[] => (registry.problem === null ? [] : ['registry']);
  const images = composeImages(config);
  const desk = composeDesk({ config, engines, registry, emit });
  const tokenizers = createTokenizers({ catalogue, images, desk });
  const generate = withEcho(createGenerate({ catalogue, fleet, images, emit }), tokenizers);
  const live = createLiveRequests();
  const unready = (): readonly string[] => fleet.unready;
  const access = accessOf(config, config.host);
  const rateLimit = rateLimitOf(config);
  const api = createApiApp({
    version,
    generate,
    tokenizers,
    embed: createEmbed({ catalogue, fleet }),
    live,
    catalogue,
    unready,
    degraded,
    emit,
    access,
    rateLimit,
    slowClients: config,
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
  const control = composeControl(catalogue, fleet);
  const adminAccess = accessOf(config, config.adminHost);
  const admin = createAdminApp({
    ...telemetry,
    status,
    live,
    catalogue,
    control,
    access: adminAccess,
    slowClients: config,
  });
  return { api, admin, fleet, desk, catalogue, images, registry, emit };
}

const accessOf = ({ apiKeys, allowedHosts, allowedOrigins }: Config, boundHost: string): AccessRules => ({
  keys: apiKeys,
  allowedHosts,
  allowedOrigins,
  boundHost,
});

const rateLimitOf = ({ rateLimitEnabled, rateLimitRpm, rateLimitBurst }: Config): RateLimitOptions | null =>
  rateLimitEnabled ? { requestsPerMinute: rateLimitRpm, burst: rateLimitBurst, clock: systemClock } : null;

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
export function composeCatalogue(config: Config): Catalogue {
  const { huggingFaceHome, aliases, defaultModel } = config;
  const modelsDirs = [...config.modelsDirs, packagePath('.runtime/models')];
  return openCatalogue({ modelsDirs, huggingFaceHome, aliases, defaultModel });
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

interface WorkerParts {
  readonly config: Config;
  readonly engines: EngineCommands;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
}

type Purpose = NonNullable<ConstructorParameters<typeof Supervisor>[0]['purpose']>;

const supervisorMaker =
  ({ config, engines, registry, emit }: WorkerParts, purpose?: Purpose) =>
  (model: Model): Supervisor =>
    new Supervisor({
      model,
      engines,
      registry,
      clock: systemClock,
      emit,
      maxBatch: config.maxConcurrentRequests,
      promptCacheBytes: promptCacheBytes(config),
      useStdio: config.useStdio,
      requestTimeoutMs: config.requestTimeoutMs,
      loadTimeoutMs: config.modelLoadTimeoutMs,
      purpose: purpose ?? (model.embeds ? 'embed' : undefined),
    });

/** Seed: five tokenizers are kept. What their workers do is logged, but counts for no model that is loaded. */
function composeDesk(parts: WorkerParts): QuestionDesk {
  const emit: EmitServerEvent = (event) => parts.emit('workerId' in event ? { ...event, purpose: 'tokenize' } : event);
  return new QuestionDesk({
    clock: systemClock,
    createSupervisor: supervisorMaker({ ...parts, emit }, 'tokenize'),
    maxWorkers: 5,
    idleTimeoutMs: parts.config.idleTimeoutMs,
  });
}

function composeFleet(parts: WorkerParts): Fleet {
  const { config, emit } = parts;
  const createSupervisor = supervisorMaker(parts);
  return new Fleet({
    clock: systemClock,
    emit,
    createSupervisor,
    maxConcurrentRequests: config.maxConcurrentRequests,
    queueMaxDepth: config.queueMaxDepth,
    queueTimeoutsMs: {
      high: config.queueTimeoutHighMs,
      normal: config.queueTimeoutNormalMs,
      low: config.queueTimeoutLowMs,
    },
    idleTimeoutMs: config.idleTimeoutMs,
    memoryBudgetBytes: config.memoryBudgetBytes,
  });
}

export function portOf(app: FastifyInstance): number | null {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : null;
}
