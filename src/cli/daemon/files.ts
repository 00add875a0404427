// Where the background server keeps who it is, where it answers, and its log.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { identifyProcess } from '../../workers/index.ts';
import { writeJsonFile } from '../write-json-file.ts';

export interface DaemonFiles {
  /** Names the process that keeps the server running. */
  readonly identity: string;
  readonly ready: string;
  readonly logDir: string;
  /** What the server says before it has a log. */
  readonly output: string;
}

export const daemonFiles = ({ stateDir, logDir }: Pick<Config, 'stateDir' | 'logDir'>): DaemonFiles => ({
  identity: join(stateDir, 'daemon.json'),
  ready: join(stateDir, 'daemon-ready.json'),
  logDir: logDir ?? join(stateDir, 'log'),
  output: join(stateDir, 'daemon-output.txt'),
});

const identity = z.object({ pid: z.int().min(2), startTime: z.string() });
const address = z.object({ api: z.string(), admin: z.string(), pid: z.int(), version: z.string() });
export type Address = z.output<typeof address>;

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // Absent, or not ours: there is no background server that we know of.
  }
};

/** The pid that keeps the server running; undefined when none does, also after a crash or when the pid is another's now. */
export async function runningKeeper(files: DaemonFiles): Promise<number | undefined> {
  const parsed = identity.safeParse(readJson(files.identity));
  if (!parsed.success) return undefined;
  const { pid, startTime } = parsed.data;
  return (await identifyProcess(pid))?.startTime === startTime ? pid : undefined;
}

export async function recordKeeper(files: DaemonFiles): Promise<void> {
  const startTime = (await identifyProcess(process.pid))?.startTime ?? '';
  writeJsonFile(files.identity, { pid: process.pid, startTime }, 0o600);
}

export const forgetKeeper = (files: DaemonFiles): void => rmSync(files.identity, { force: true });

/** Where the server answers, once it does. */
export function readAddress(files: DaemonFiles): Address | undefined {
  const parsed = address.safeParse(readJson(files.ready));
  return parsed.success ? parsed.data : undefined;
}
