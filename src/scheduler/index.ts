export type { LaneShape } from './lane.ts';
export { Scheduler } from './scheduler.ts';
