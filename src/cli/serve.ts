// serve: the server in the foreground until SIGTERM or SIGINT; SIGHUP reads the configuration file again.
import { ServerError, toServerError } from '../core/index.ts';
import type { EngineCommands } from '../workers/index.ts';
import { announce } from './announcement.ts';
import { onHangUp } from './hang-up.ts';
import type { Flags } from './read-config.ts';
import { readConfig, rereader } from './read-config.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { type RunningServer, startServer } from './running-server.ts';

/** Resolves with the exit code. `engines` when it is not the package's own that are to run. */
export async function serve(flags: Flags, engines?: EngineCommands): Promise<number> {
  const { config } = readConfig(flags);
  process.title = 'mlx-inference-server';
  const ended = untilSignalled();
  const reread = rereader(flags);
  let running: RunningServer | undefined; // A reload asked for while it starts has nothing to change yet.
  process.once('disconnect', ended.stop); // Who kept it running in the background is gone, and nobody would know of it.
  onHangUp({ reload: () => running !== undefined && reload(running), stop: ended.stop });
  const server = await startServer(config, engines, reread);
  running = server;
  if (config.model !== null) void preload(server, config.model);
  const { apiUrl: api, adminUrl: admin, version } = server;
  const withdraw = await announce(config.stateDir, { api, admin });
  if (config.readyFile !== null) writeReadyFile(config.readyFile, { api, admin, pid: process.pid, version });
  await ended.first;
  withdraw();
  const graceful = server.stop('signal');
  await Promise.race([graceful, ended.second.then(() => server.stopNow())]);
  if (config.readyFile !== null) removeReadyFile(config.readyFile);
  return 0;
}

/** Loads the model asked for at start. Its failure is in the log; requests for it will say it again. */
async function preload({ catalogue, fleet, emit }: RunningServer, name: string): Promise<void> {
  try {
    await fleet.load(await catalogue.resolve(name), new AbortController().signal);
  } catch (error) {
    const { code, message } = toServerError(error);
    if (code !== 'shutting_down') emit({ type: 'preload-failed', model: name, detail: message });
  }
}

/** What is wrong with the file is in the log. */
function reload({ live }: RunningServer): void {
  try {
    live.reload('SIGHUP');
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
  }
}

interface Signalled {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  /** As a signal would. */
  readonly stop: () => void;
}

function untilSignalled(): Signalled {
  const first = withResolvers();
  const second = withResolvers();
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    (count === 1 ? first : second).resolve();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return { first: first.promise, second: second.promise, stop: onSignal };
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
