// What a starting server does before it accepts requests: ends the workers of dead servers, removes their blocks, drops
// their entries. Entries of living servers, and processes that merely got a worker's pid, stay as they are.
import { findOrphans } from './find-orphans.ts';
import { identifyProcess } from './identify-process.ts';
import { endOrphan, type KillTimes, type Orphan } from './orphan.ts';
import type { ServerEntry, Servers } from './registry-document.ts';
import type { RegistryStore } from './registry-store.ts';
import { removeBlocks } from './remove-blocks.ts';

export interface ReapReport {
  readonly ended: readonly Orphan[];
  /** Workers that even SIGKILL did not end in time; they stay on record for the next start. */
  readonly survived: readonly Orphan[];
  readonly blocksRemoved: number;
  /** Why the file could not be brought up to date; null when it was. */
  readonly problem: string | null;
}

const defaultTimes: KillTimes = { graceMs: 2000, killMs: 700 };

/** Takes no longer than the kill times, all orphans together, and the wait for the lock. Never rejects for one orphan. */
export async function reap(store: RegistryStore, times: KillTimes = defaultTimes): Promise<ReapReport> {
  const read = await store.read();
  const dead = read.kind === 'read' ? await deadServers(read.servers) : {};
  const recorded: readonly Orphan[] = Object.values(dead).flatMap(({ workers }) => workers);
  // With a good registry the record alone decides: what carries a worker's environment but is not on it is a copy.
  const orphans = read.kind === 'read' ? recorded : await findOrphans(store.stateDir);
  const ends = await Promise.all(orphans.map((orphan) => endOrphan(orphan, times)));
  const withEnd = (end: (typeof ends)[number]): readonly Orphan[] => orphans.filter((_, index) => ends[index] === end);
  const survived = withEnd('survived');
  const blocks = Object.values(dead).flatMap(({ workers }) => workers.flatMap((worker) => worker.blocks));
  const blocksRemoved = await removeBlocks(blocks);
  const outcome = await store.update((servers) => withoutDead(servers, dead, survived));
  return {
    ended: withEnd('ended'),
    survived,
    blocksRemoved,
    problem: outcome.kind === 'failed' ? outcome.reason : null,
  };
}

/** Those whose process is gone, or whose pid is another's now. */
export async function deadServers(servers: Servers): Promise<Servers> {
  const entries = await Promise.all(
    Object.entries(servers).map(async ([id, server]) => ((await isDead(server)) ? [[id, server] as const] : [])),
  );
  return Object.fromEntries(entries.flat());
}

/** A server that cannot be looked at counts as living. */
async function isDead({ pid, startTime }: ServerEntry): Promise<boolean> {
  try {
    return (await identifyProcess(pid))?.startTime !== startTime;
  } catch {
    return false;
  }
}

/** Servers do not come back to life, so those found dead before the lock was taken are dead under it. */
function withoutDead(servers: Servers, dead: Servers, survived: readonly Orphan[]): Servers {
  const isDeadEntry = ([id, { startTime }]: [string, ServerEntry]): boolean => dead[id]?.startTime === startTime;
  if (!Object.entries(servers).some(isDeadEntry)) return servers;
  const pidsLeft = new Set(survived.map(({ pid }) => pid));
  const kept = Object.entries(servers).flatMap(([id, server]): [string, ServerEntry][] => {
    if (!isDeadEntry([id, server])) return [[id, server]];
    const workers = server.workers.filter(({ pid }) => pidsLeft.has(pid));
    return workers.length === 0 ? [] : [[id, { ...server, workers }]];
  });
  return Object.fromEntries(kept);
}
