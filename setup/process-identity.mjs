// Tells whether a process is still the one that wrote its pid down: pids are recycled, start times are not.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** When the process started, in whatever unit the system gives; undefined if there is no such process. */
export function startTimeOf(pid) {
  if (existsSync('/proc/self/stat')) return startTimeFromProc(pid);
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }; // the same words in every terminal
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env });
  return stdout?.trim() || undefined;
}

function startTimeFromProc(pid) {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
    return afterName[0] === 'Z' ? undefined : afterName[19];
  } catch {
    return undefined; // ENOENT or ESRCH: gone
  }
}
