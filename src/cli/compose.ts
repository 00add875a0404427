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
import {
  createEmbed,
  createGenerate,
  createTokenizers,
  type Fleet,
  type Generate,
  type QuestionDesk,
  withEcho,
} from '../inference/index.ts';
import {
  type Catalogue,
  createAnswerWordings,
  createModelReports,
  withAutoPull,
  withWholeModels,
} from '../models/index.ts';
import type { Traces } from '../telemetry/index.ts';
import type { EngineCommands, WorkerRegistry } from '../workers/index.ts';
import { composeCards, composeCatalogue, composePuller } from './compose-models.ts';
import { composeTelemetry, composeTraces } from './compose-telemetry.ts';
import { composeDesk, composeFleet } from './compose-workers.ts';
import { createLiveConfig, type LiveConfig, type Reread } from './live-config.ts';
import { openRegistry } from './open-registry.ts';
import { openResponses } from './open-responses.ts';

export interface ServerParts {
  readonly api: FastifyInstance;
  readonly admin: FastifyInstance;
  readonly fleet: Fleet;
  readonly desk: QuestionDesk;
  readonly catalogue: Catalogue;
  readonly generate: Generate;
  readonly images: ImageRoad;
  readonly registry: WorkerRegistry;
  readonly emit: EmitServerEvent;
  readonly live: LiveConfig;
  /** Null where no collector is configured. */
  readonly traces: Traces | null;
}

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
  const reportOf = createModelReports();
  const loadedContextOf = (id: string): number | null =>
    fleet.snapshots().find(({ model }) => model === id)?.ready?.contextLength ?? null;
  const cards = composeCards(live, { catalogue: onDisk, reportOf, loadedContextOf });
  const whole = withWholeModels(onDisk, reportOf);
  const catalogue = config.autoPull ? withAutoPull(whole, puller) : whole;
  const registry = await openRegistry(config.stateDir, emit);
  const fleet = composeFleet({ live, engines, registry, emit, catalogue: onDisk, reportOf });
  const responses = await openResponses(config.stateDir, emit);
  const degraded = (): readonly string[] => [
    ...(registry.problem === null ? [] : ['registry']),
    ...(responses.store.problem === null ? [] : ['responses']),
  ];
  const images = composeImages(config);
  const desk = composeDesk({ live, engines, registry, emit, catalogue: onDisk });
  const wordingOf = createAnswerWordings();
  const tokenizers = createTokenizers({ catalogue, images, desk, wordingOf });
  const generate = withEcho(createGenerate({ catalogue, fleet, images, wordingOf, emit }), tokenizers);
  const requests = createLiveRequests();
  const control = composeControl(catalogue, onDisk, fleet);
  const unready = (): readonly string[] => fleet.unready;
  const api = createApiApp({
    version,
    generate,
    tokenizers,
    embed: createEmbed({ catalogue, fleet }),
    responses,
    control,
    workers: () => fleet.snapshots(),
    live: requests,
    catalogue,
    cards,
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
    workers: fleet.snapshots().map((worker) => ({ ...worker, ...telemetry.activity(worker.model) })),
    memory: { budgetBytes: live.current.memoryBudgetBytes, heldBytes: fleet.memoryHeldBytes },
    queue: { depth: fleet.queueDepth },
    totals: telemetry.totals(),
  });
  const admin = createAdminApp({
    ...telemetry,
    status,
    loadedModels: () => fleet.snapshots().map(({ model }) => model),
    live: requests,
    cards,
    puller,
    control,
    reload: () => live.reload('admin'),
    access: () => accessOf(live.current, config.adminHost),
    slowClients: config,
    uploadBudgetBytes: config.uploadBudgetBytes,
  });
  return { api, admin, fleet, desk, catalogue, generate, images, registry, emit, live, traces };
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

function composeControl(catalogue: Catalogue, onDisk: Catalogue, fleet: Fleet): ModelControl {
  return {
    async load(name, signal) {
      const startedMs = systemClock.monotonicMs();
      const model = await catalogue.resolve(name);
      await fleet.load(model, signal);
      return { model: model.id, loadMs: Math.round(systemClock.monotonicMs() - startedMs) };
    },
    unload: async (name) => fleet.unload(name === undefined ? undefined : (await onDisk.resolve(name)).id),
  };
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

export function portOf(app: FastifyInstance): number | null {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : null;
}
