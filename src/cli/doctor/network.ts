// The two ports: free, or ours already.
import { createServer } from 'node:net';
import type { Config } from '../../config/index.ts';
import { urlOf } from '../server-address.ts';
import { type Finding, ok, problem } from './finding.ts';

export const apiPort = (config: Config): Promise<Finding> => port('API port', config.host, config.port, '/health');
export const adminPort = (config: Config): Promise<Finding> =>
  port('admin port', config.adminHost, config.adminPort, '/admin/health');

async function port(name: string, host: string, number: number, health: string): Promise<Finding> {
  const code = await tryToListen(host, number);
  if (code === null) return ok(name, `${host}:${number} is free`);
  if (code === 'EADDRINUSE' && (await isServer(urlOf(host, number) + health))) {
    return ok(name, `a server answers on ${host}:${number}`);
  }
  const flag = name === 'API port' ? '--port' : '--admin-port';
  const why = code === 'EADDRINUSE' ? 'is used by another program' : `cannot be used (${code})`;
  return problem(name, `${host}:${number} ${why}`, `Choose another with ${flag}.`);
}

const tryToListen = (host: string, number: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: number, exclusive: true }, () => server.close(() => resolve(null)));
  });

/** One that wants a key is one too. */
async function isServer(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return response.headers.has('x-request-id');
  } catch {
    return false; // Whoever listens there does not speak as we do.
  }
}
