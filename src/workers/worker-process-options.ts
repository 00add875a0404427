// What a worker process is started with, and who is told of what it does.
import type { Clock } from '../core/index.ts';
import type { BlockNames, Load, WorkerCommunicationError } from '../ipc/index.ts';
import type { EngineCommand } from './engine-command.ts';
import type { WorkerTuning } from './worker-tuning.ts';

export interface WorkerProcessOptions {
  readonly engine: EngineCommand;
  readonly load: Omit<Load, 'type' | 'protocol'>;
  /** A draft model that is not found is a start that failed. */
  readonly tuning?: WorkerTuning | undefined;
  readonly requestTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly clock: Clock;
  readonly blockNames: BlockNames;
  /** Called once: bulk bytes go through the pipe now, and why. */
  readonly onBlockFailure: (error: WorkerCommunicationError) => void;
  readonly onOutputLine: (line: string) => void;
  /** Awaited between spawn and the first frame: nothing is asked of a worker that is not on record. Must not reject. */
  readonly onSpawned: (pid: number) => Promise<void>;
}
