export type { LaneShape } from './lane.ts';
export { type Admission, type Entrant, Scheduler, type SchedulerOptions } from './scheduler.ts';
