// status and ps: what a running server says of itself.
import { askAdmin } from './admin-client.ts';
import { findServer } from './find-server.ts';
import type { Flags } from './read-config.ts';
import { formatBytes, formatDuration, formatTable } from './table.ts';

interface WorkerStatus {
  readonly id: string | null;
  readonly pid: number | null;
  readonly model: string;
  readonly engine: string;
  readonly state: string;
  readonly running: number;
  readonly uptimeMs: number;
  readonly ready: { readonly memoryBytes: number } | null;
  /** What its process really holds; null until that was measured. */
  readonly footprintBytes: number | null;
}

interface Status {
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly ports: { readonly api: number; readonly admin: number };
  readonly workers: readonly WorkerStatus[];
  readonly memory: { readonly budgetBytes: number; readonly heldBytes: number };
  readonly queue: { readonly depth: number };
  readonly totals: { readonly requests: number; readonly inProgress: number; readonly errors: number };
}

interface OutputOptions {
  readonly json: boolean;
}

export async function status(flags: Flags, { json }: OutputOptions): Promise<string> {
  const now = await fetchStatus(flags);
  if (json) return JSON.stringify(now, null, 2);
  const { version, pid, uptimeMs, ports, totals, queue, memory } = now;
  return [
    `mlx-inference-server ${version}, pid ${pid}, up ${formatDuration(uptimeMs)}`,
    `API port ${ports.api}, admin port ${ports.admin}`,
    `requests ${totals.requests}, running ${totals.inProgress}, failed ${totals.errors}, waiting ${queue.depth}`,
    `memory ${formatBytes(memory.heldBytes)} of ${formatBytes(memory.budgetBytes)}`,
    '',
    workerTable(now.workers),
  ].join('\n');
}

export async function ps(flags: Flags, { json }: OutputOptions): Promise<string> {
  const { workers } = await fetchStatus(flags);
  return json ? JSON.stringify(workers, null, 2) : workerTable(workers);
}

function workerTable(workers: readonly WorkerStatus[]): string {
  const rows = workers.map(({ model, engine, state, pid, running, ready, footprintBytes, uptimeMs }) => [
    model,
    engine,
    state,
    pid === null ? '-' : String(pid),
    String(running),
    ready === null ? '-' : formatBytes(footprintBytes ?? ready.memoryBytes),
    formatDuration(uptimeMs),
  ]);
  return rows.length === 0
    ? 'No model is loaded.'
    : formatTable(['MODEL', 'ENGINE', 'STATE', 'PID', 'RUNNING', 'MEMORY', 'UP'], rows);
}

async function fetchStatus(flags: Flags): Promise<Status> {
  return (await askAdmin(await findServer(flags), '/admin/status')) as Status;
}
