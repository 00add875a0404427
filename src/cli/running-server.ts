// One server from listen to the end of its last worker.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Config, version } from '../config/index.ts';
import type { EngineCommands } from '../workers/index.ts';
import { compose, type ServerParts } from './compose.ts';
import { ownEngines } from './compose-workers.ts';
import { connectionLimits, openFilesLimit } from './connection-limit.ts';
import { CliFailure } from './failure.ts';
import type { Reread } from './live-config.ts';

export interface RunningServer extends ServerParts {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly version: string;
  /** Refuses new work, lets running requests finish up to the graceful timeout, ends the workers. */
  stop(cause: string): Promise<void>;
  /** Ends everything now; still leaves no worker behind. */
  stopNow(): Promise<void>;
}

/** A collector that does not answer holds up the end for so long. */
const lastTracesMs = 2000;

/** Listens on both ports. `reread` is the configuration as a reload finds it. @throws CliFailure when a port cannot be had. */
export async function startServer(
  config: Config,
  engines: EngineCommands = ownEngines(),
  reread: Reread = () => ({ config }),
): Promise<RunningServer> {
  const parts = await compose(config, engines, reread);
  const { api, admin, fleet, desk, images, registry, emit, live } = parts;
  const { apiUrl, adminUrl } = await listenBoth(parts, config);
  emit({ type: 'server-listening', api: apiUrl, admin: adminUrl });

  const closeAll = async (graceMs?: number): Promise<void> => {
    await Promise.all([fleet.stopAll(graceMs), desk.stopAll(graceMs), images.close()]);
    api.server.closeAllConnections();
    admin.server.closeAllConnections();
    await Promise.all([api.close(), admin.close(), registry.close()]);
    if (graceMs === undefined) await parts.traces?.close(lastTracesMs);
  };
  return {
    ...parts,
    apiUrl,
    adminUrl,
    version,
    async stop(cause) {
      emit({ type: 'server-stopping', cause });
      fleet.drain();
      await settledWithin(fleet, live.current.gracefulShutdownTimeoutMs);
      await closeAll();
    },
    stopNow: () => closeAll(0),
  };
}

async function listenBoth(
  { api, admin, registry }: ServerParts,
  config: Config,
): Promise<Record<'apiUrl' | 'adminUrl', string>> {
  const limits = connectionLimits(openFilesLimit());
  api.server.maxConnections = limits.api;
  admin.server.maxConnections = limits.admin;
  try {
    const apiUrl = await listen(api, config.host, config.port, '--');
    return { apiUrl, adminUrl: await listen(admin, config.adminHost, config.adminPort, '--admin-') };
  } catch (error) {
    await registry.close();
    throw error;
  }
}

async function listen(app: FastifyInstance, host: string, port: number, prefix: '--' | '--admin-'): Promise<string> {
  try {
    await app.listen({ host, port, backlog: 1024 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
    const flag = code === 'EADDRINUSE' || code === 'EACCES' ? `${prefix}port` : `${prefix}host`;
    throw new CliFailure(`${host}:${port} ${why}; choose another with ${flag}.`);
  }
  const address = app.server.address() as AddressInfo;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

/** Waits until nothing runs, `timeoutMs` at the most. */
async function settledWithin(fleet: ServerParts['fleet'], timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (fleet.busy && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 50));
}
