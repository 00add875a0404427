export { createLogger, logEvent } from './log.ts';
export { createTotals } from './totals.ts';
