// A worker that a dead server left behind: how it is recognised, and how it is ended. The only place that signals a
// process which is no child of ours; each signal is preceded by a look at who has the pid now.
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess } from './identify-process.ts';
import { listLinuxGroup } from './linux-process.ts';
import type { ProcessIdentity } from './process-identity.ts';

export interface Orphan {
  readonly id: string;
  readonly pid: number;
  readonly startTime: string;
  readonly title: string;
  readonly mark?: string | undefined;
}

export interface KillTimes {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** From SIGKILL to giving up: a process in an uninterruptible call may take longer. */
  readonly killMs: number;
}

/** 'stranger': the pid is free, or another's. 'survived': it is the worker, and lives on. */
export type OrphanEnd = 'stranger' | 'ended' | 'survived';

const pollMs = 20;

/** SIGTERM, SIGCONT so that a stopped one sees it, SIGKILL; to its group if it leads one. */
export async function endOrphan(orphan: Orphan, { graceMs, killMs }: KillTimes): Promise<OrphanEnd> {
  const first = await liveOrphan(orphan);
  if (first === undefined) return 'stranger';
  const members = first.group === orphan.pid ? await groupMembers(orphan.pid) : [];
  await signalOrphan(orphan, ['SIGTERM', 'SIGCONT']);
  if (!(await isGoneWithin(orphan, graceMs))) {
    await signalOrphan(orphan, ['SIGKILL']);
    if (!(await isGoneWithin(orphan, killMs))) return 'survived';
  }
  await Promise.all(members.map(killMember));
  return 'ended';
}

/** The process with the orphan's pid, if it is the orphan beyond doubt. */
async function liveOrphan(orphan: Orphan): Promise<ProcessIdentity | undefined> {
  if (orphan.pid <= 1 || orphan.pid === process.pid || orphan.pid === process.ppid) return undefined;
  // What cannot be identified is not ours to touch.
  const found = await identifyProcess(orphan.pid).catch(() => undefined);
  if (found?.startTime !== orphan.startTime || found.title !== orphan.title) return undefined;
  const isMarkedOtherwise = orphan.mark !== undefined && found.mark !== undefined && found.mark !== orphan.mark;
  return isMarkedOtherwise ? undefined : found;
}

/** Each signal only to the orphan itself: the first of them may have ended it. */
async function signalOrphan(orphan: Orphan, signals: readonly NodeJS.Signals[]): Promise<void> {
  for (const signal of signals) {
    const found = await liveOrphan(orphan);
    if (found === undefined) return;
    sendSignal(found.group === found.pid ? -found.pid : found.pid, signal);
  }
}

async function isGoneWithin(orphan: Orphan, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while ((await liveOrphan(orphan)) !== undefined) {
    if (performance.now() > deadlineMs) return false;
    await delay(pollMs);
  }
  return true;
}

/** Processes that the orphan started and that may outlive it. Noted while it lives: later its group's number may be another's. */
async function groupMembers(group: number): Promise<readonly ProcessIdentity[]> {
  if (process.platform !== 'linux') return [];
  const others = listLinuxGroup(group, process.geteuid?.() ?? -1).filter((pid) => pid !== group && pid !== process.pid);
  const members = await Promise.all(others.map((pid) => identifyProcess(pid).catch(() => undefined)));
  return members.filter((member) => member !== undefined);
}

async function killMember(member: ProcessIdentity): Promise<void> {
  const now = await identifyProcess(member.pid).catch(() => undefined);
  if (now?.startTime === member.startTime && now.group === member.group) sendSignal(member.pid, 'SIGKILL');
}

function sendSignal(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error; // Gone meanwhile, or never ours.
  }
}
