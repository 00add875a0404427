export { type EngineCommand, type EngineCommands, shippedEngines } from './engine-command.ts';
export {
  type LoadedWorker,
  Supervisor,
  type SupervisorOptions,
  type WorkerModel,
  type WorkerSnapshot,
} from './supervisor.ts';
export { WorkerLost, WorkerTimeoutError } from './worker-lost.ts';
export type { Ready, SequenceSink, WorkerProcess } from './worker-process.ts';
