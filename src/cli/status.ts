// status: what a running server says of itself; and its models as a table, for ps too.
import { askAdmin } from './admin-client.ts';
import { findServer } from './find-server.ts';
import type { Flags } from './read-config.ts';
import type { ServerAddress } from './server-address.ts';
import { formatBytes, formatDuration, formatTable } from './table.ts';

export interface WorkerStatus {
  readonly id: string | null;
  readonly pid: number | null;
  readonly model: string;
  readonly engine: string;
  readonly state: string;
  readonly running: number;
  readonly waiting: number;
  readonly tokensPerSecond: number;
  readonly uptimeMs: number;
  readonly unloadsInMs: number | null;
  readonly ready: { readonly memoryBytes: number; readonly contextLength: number } | null;
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

export async function status(flags: Flags, { json }: { readonly json: boolean }): Promise<string> {
  const now = await fetchStatus(await findServer(flags));
  if (json) return JSON.stringify(now, null, 2);
  const { version, pid, uptimeMs, ports, totals, queue, memory } = now;
  return [
    `mlx-inference-server ${version}, pid ${pid}, up ${formatDuration(uptimeMs)}`,
    `API port ${ports.api}, admin port ${ports.admin}`,
    `requests ${totals.requests}, running ${totals.inProgress}, failed ${totals.errors}, waiting ${queue.depth}`,
    `memory ${formatBytes(memory.heldBytes)} of ${formatBytes(memory.budgetBytes)}`,
    '',
    workerTable(now.workers, process.stdout.columns),
  ].join('\n');
}

export async function fetchStatus(server: Pick<ServerAddress, 'adminUrl' | 'headers'>): Promise<Status> {
  return (await askAdmin(server, '/admin/status')) as Status;
}

const header = ['MODEL', 'ENGINE', 'STATE', 'MEMORY', 'CONTEXT', 'RUN', 'WAIT', 'TOK/S', 'UP', 'UNLOADS'];
const right = ['MEMORY', 'CONTEXT', 'RUN', 'WAIT', 'TOK/S', 'UP', 'UNLOADS'];
/** Left out, in this order, where the terminal is narrow. */
const spare = ['UP', 'ENGINE', 'CONTEXT', 'MEMORY'];

/** A worker that is not ready has neither memory nor context to tell. */
export function workerTable(workers: readonly WorkerStatus[], maxWidth?: number): string {
  const rows = workers.map(
    ({ model, engine, state, running, waiting, tokensPerSecond, ready, footprintBytes, uptimeMs, unloadsInMs }) => [
      model,
      engine,
      state,
      ready === null ? '-' : formatBytes(footprintBytes ?? ready.memoryBytes),
      ready === null ? '-' : String(ready.contextLength),
      String(running),
      String(waiting),
      tokensPerSecond.toFixed(1),
      formatDuration(uptimeMs),
      unloadsInMs === null ? '-' : `in ${formatDuration(unloadsInMs)}`,
    ],
  );
  return rows.length === 0 ? 'No model is loaded.' : formatTable(header, rows, { maxWidth, right, spare });
}
