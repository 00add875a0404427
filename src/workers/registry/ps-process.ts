// Processes as ps shows them, where there is no /proc: macOS, BSD. Start times in whole seconds, no mark.
import { execFile } from 'node:child_process';
import type { ProcessIdentity } from './process-identity.ts';

/** @throws when ps cannot be run. */
export async function readProcessFromPs(pid: number): Promise<ProcessIdentity | undefined> {
  const columns = 'pgid=,stat=,lstart=,command=';
  const output = await new Promise<string>((resolve, reject) => {
    const options = { timeout: 2000, maxBuffer: 1024 ** 2, env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' } };
    execFile('ps', ['-ww', '-o', columns, '-p', String(pid)], options, (error, stdout) => {
      // ps ends with 1 and says nothing when there is no such process.
      if (error === null || (error.code === 1 && stdout.trim() === '')) resolve(stdout);
      else reject(error);
    });
  });
  return parsePs(pid, output);
}

/** One line of `ps -o pgid=,stat=,lstart=,command=`. */
export function parsePs(pid: number, output: string): ProcessIdentity | undefined {
  const match = /^\s*(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s+(\S*)/.exec(output);
  const [, group, state, started, title] = match ?? [];
  if (group === undefined || state === undefined || started === undefined || state.startsWith('Z')) return undefined;
  return { pid, startTime: started.replaceAll(/\s+/g, ' '), group: Number(group), title: title ?? '', mark: undefined };
}
