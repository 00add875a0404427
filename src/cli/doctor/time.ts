// The date of this machine, which certificates and logs are judged by.
import { type Finding, ok, problem } from './finding.ts';

/** No machine that runs this version can have an earlier date. */
const earliest = Date.UTC(2026, 0, 1);

export function clock(nowMs = Date.now()): Finding {
  const shown = new Date(nowMs).toISOString();
  if (nowMs >= earliest) return ok('clock', shown);
  return problem(
    'clock',
    `${shown} lies in the past; certificates will not be accepted`,
    'Set the date of this machine.',
  );
}
