export { type EngineCommands, shippedEngines } from './engine-command.ts';
export type { Footprint } from './memory/footprint.ts';
export type { MachineRoom } from './memory/mac-room.ts';
export { createMachineRoomReader } from './memory/machine-room.ts';
export { createFootprintReader } from './memory/read-footprint.ts';
export type { Answered, WorkerQuestion } from './question-table.ts';
export { identifyProcess } from './registry/identify-process.ts';
export { deadServers, reap } from './registry/reap.ts';
export { readRegistryFile } from './registry/registry-file.ts';
export { openRegistryStore } from './registry/registry-store.ts';
export { defaultStateDirectory, openStateDirectory, type StateDirectory } from './registry/state-directory.ts';
export { openWorkerRegistry, type WorkerRegistry } from './registry/worker-registry.ts';
export {
  type LoadedWorker,
  type LoadPurpose,
  Supervisor,
  type SupervisorOptions,
  type WorkerSnapshot,
} from './supervisor.ts';
export { WorkerLost, WorkerTimeoutError } from './worker-lost.ts';
export type { WorkerTuning } from './worker-tuning.ts';
