// daemon start, stop, restart, status, logs: the server in the background, without a service manager.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, packagePath } from '../../config/index.ts';
import { identifyProcess } from '../../workers/index.ts';
import { CliFailure } from '../failure.ts';
import { type Flags, readConfig } from '../read-config.ts';
import { type Address, daemonFiles, readAddress, runningKeeper } from './files.ts';

interface OutputOptions {
  readonly json: boolean;
}

const startLimitMs = 30_000;
const pollMs = 50;

export const program = packagePath('bin/mlx-inference-server');
export const flagWords = (flags: Flags): string[] =>
  Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));

/** Where the server that is kept tells its address. */
export const readyFlag = (config: Config): readonly string[] => ['--ready-file', daemonFiles(config).ready];

export async function start(flags: Flags, { json }: OutputOptions): Promise<string> {
  const { config } = readConfig(flags);
  const files = daemonFiles(config);
  const running = await runningKeeper(files);
  if (running !== undefined) throw new CliFailure(`The server runs in the background already (pid ${running}).`);
  mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
  rmSync(files.ready, { force: true });
  const output = openSync(files.output, 'w', 0o600);
  const keeper = spawn(process.execPath, [program, 'daemon', 'keep', ...flagWords(flags)], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  keeper.unref();
  closeSync(output);
  const address = await untilReady(config, () => keeper.exitCode !== null || keeper.signalCode !== null);
  return json
    ? JSON.stringify(address)
    : `The server runs in the background (pid ${keeper.pid}): ${address.api}, admin ${address.admin}`;
}

async function untilReady(config: Config, hasEnded: () => boolean): Promise<Address> {
  const files = daemonFiles(config);
  const deadlineMs = performance.now() + startLimitMs;
  for (;;) {
    const address = readAddress(files);
    if (address !== undefined) return address;
    if (hasEnded() || performance.now() > deadlineMs) {
      const said = readFileSync(files.output, 'utf8').trim().slice(-2000);
      throw new CliFailure(`The server did not start.${said === '' ? '' : `\n${said}`}`);
    }
    await sleep(pollMs);
  }
}

export async function stop(flags: Flags, { json }: OutputOptions): Promise<string> {
  const { config } = readConfig(flags);
  const pid = await runningKeeper(daemonFiles(config));
  if (pid === undefined) return json ? JSON.stringify({ stopped: false }) : 'No server runs in the background.';
  const started = (await identifyProcess(pid))?.startTime;
  process.kill(pid, 'SIGTERM');
  const deadlineMs = performance.now() + config.gracefulShutdownTimeoutMs + startLimitMs;
  while ((await identifyProcess(pid))?.startTime === started) {
    if (performance.now() > deadlineMs) throw new CliFailure(`The server (pid ${pid}) does not end.`);
    await sleep(pollMs);
  }
  return json ? JSON.stringify({ stopped: true }) : 'stopped';
}

export async function restart(flags: Flags, options: OutputOptions): Promise<string> {
  await stop(flags, options);
  return await start(flags, options);
}

export async function status(flags: Flags, { json }: OutputOptions): Promise<string> {
  const files = daemonFiles(readConfig(flags).config);
  const pid = (await runningKeeper(files)) ?? null;
  const address = pid === null ? null : (readAddress(files) ?? null);
  if (json) return JSON.stringify({ running: pid !== null, pid, address });
  if (pid === null) return 'No server runs in the background.';
  const where = address === null ? 'it does not answer yet' : `${address.api}, admin ${address.admin}`;
  return `The server runs in the background (pid ${pid}): ${where}\nlog: ${join(files.logDir, 'server.log')}`;
}

/** The last lines of its log. */
export function logs(flags: Flags, { lines }: { readonly lines: number }): string {
  const { logDir, output } = daemonFiles(readConfig(flags).config);
  const path = join(logDir, 'server.log');
  const from = existsSync(path) ? path : output;
  if (!existsSync(from)) throw new CliFailure('There is no log yet: "daemon start" starts a server.');
  return readFileSync(from, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
