// The server that is tried and then stays: the one that this folder runs already, or one started in the background.
import { existsSync, readFileSync } from 'node:fs';
import { SetupFailure } from '../failure.mjs';
import { freePort } from './free-port.mjs';
import { isOurs, serverCommand } from './server-program.mjs';
import { waitFor } from './wait.mjs';

/**
 * @returns {Promise<{ api: string, admin: string, headers: object, flags: object, stateDir: string, found: undefined | 'background' | 'service' }>}
 *   `flags` are those of `serve` beyond the configuration, `found` how it ran before
 */
export async function startServer({ program, journal, signal }) {
  const { config } = program.readConfig({});
  const base = { headers: program.keyHeaders(config), stateDir: config.stateDir };
  const running = await runningServer({ program, config, signal });
  if (running !== undefined) return { ...base, ...running };
  const flags = await freePorts(config);
  if (!existsSync(config.stateDir)) journal.note({ kind: 'path', path: config.stateDir });
  journal.note({ kind: 'server', stateDir: config.stateDir });
  return { ...base, ...(await startBackground({ program, flags })), flags, found: undefined };
}

async function runningServer({ program, config, signal }) {
  const { running, pid } = JSON.parse(await program.status({}, { json: true }));
  if (running) {
    if (!isOurs(pid)) {
      const hint = `stop it ("daemon stop" in its folder), or set MLX_STATE_DIR for this one`;
      throw new SetupFailure({ cause: `another installation's server runs in ${config.stateDir} (pid ${pid})`, hint });
    }
    const files = program.daemonFiles(config);
    const look = () => program.readAddress(files);
    const { api, admin } = await waitFor({ what: 'the address of the running server', signal, look });
    return { api, admin, flags: flagsOf(config, { api, admin }), found: 'background' };
  }
  const service = serviceAddress({ config, path: program.servicePath() });
  if (service === undefined || !(await answers(service.api))) return undefined;
  return { ...service, flags: flagsOf(config, service), found: 'service' };
}

/** Where the service of this folder listens, as it was installed. */
function serviceAddress({ config, path }) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (!text.includes(serverCommand)) return undefined;
  const port = /--port\D+(\d+)/.exec(text)?.[1] ?? config.port;
  const adminPort = /--admin-port\D+(\d+)/.exec(text)?.[1] ?? config.adminPort;
  return { api: `http://${config.host}:${port}`, admin: `http://${config.adminHost}:${adminPort}` };
}

/** @throws SetupFailure with what the server said */
export async function startBackground({ program, flags }) {
  try {
    const { api, admin } = JSON.parse(await program.start(flags, { json: true }));
    return { api, admin };
  } catch (error) {
    const [cause, ...output] = error.message.split('\n');
    throw new SetupFailure({ cause, output: output.join('\n') });
  }
}

export async function answers(api) {
  try {
    return (await fetch(`${api}/health`, { signal: AbortSignal.timeout(2000) })).headers.has('x-request-id');
  } catch {
    return false; // Nobody listens, or somebody who speaks otherwise.
  }
}

async function freePorts(config) {
  const port = await freePort(config.host, config.port);
  const adminPort = await freePort(config.adminHost, config.adminPort);
  return changedPorts(config, { port, adminPort });
}

const flagsOf = (config, { api, admin }) =>
  changedPorts(config, { port: Number(new URL(api).port), adminPort: Number(new URL(admin).port) });

/** The command line of the verbs finds the server without those that are as configured. */
const changedPorts = (config, { port, adminPort }) => ({
  ...(port === config.port ? {} : { '--port': String(port) }),
  ...(adminPort === config.adminPort ? {} : { '--admin-port': String(adminPort) }),
});
