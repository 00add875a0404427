export { createLogger, type LogOptions, logEvent } from './log.ts';
export { createTotals, type Totals, type TotalsFold } from './totals.ts';
