// Kills the server outright while it has a worker, and sees that the keeper starts it again, that the orphan is gone and
// off the record, and that the new server answers. A pid alone proves nothing: it may be another's by then.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFailure } from '../failure.mjs';
import { startTimeOf } from '../process-identity.mjs';
import { textChecks } from './answer-checks.mjs';
import { answers } from './start-server.mjs';
import { waitFor } from './wait.mjs';

const [question] = textChecks;

export const registryCheck = {
  name: 'registry (kill -9)',
  /** `endLimitMs` is how long the orphans may live. */
  async run({ server, program, signal, endLimitMs = 30_000 }) {
    await question.run({ server, signal }); // Its worker may have been unloaded meanwhile.
    const orphans = await workersOf(server, signal);
    if (orphans.length === 0) throw new SetupFailure({ cause: 'the server tells of no worker' });
    const files = program.daemonFiles({ stateDir: server.stateDir, logDir: null });
    const { pid: former } = program.readAddress(files);
    process.kill(former, 'SIGKILL');
    const next = await waitFor({
      what: 'a new server',
      signal,
      look: () => restarted(program.readAddress(files), former),
    });
    const isGone = ({ pid, startTime }) => startTimeOf(pid) !== startTime;
    await waitFor({ what: 'the end of the orphans', limitMs: endLimitMs, signal, look: () => orphans.every(isGone) });
    const left = orphans.find(({ pid }) => recordedPids(server.stateDir).includes(pid));
    if (left !== undefined) throw new SetupFailure({ cause: `worker ${left.pid} is gone and still on record` });
    await question.run({ server: { ...server, api: next.api }, signal });
    return `server ${former} killed, ${next.pid} took over; orphans gone: ${orphans.map(({ pid }) => pid).join(', ')}`;
  },
};

const restarted = async (address, former) =>
  address !== undefined && address.pid !== former && (await answers(address.api)) ? address : undefined;

async function workersOf({ admin, headers }, signal) {
  const response = await fetch(`${admin}/admin/status`, { headers, signal });
  const { workers } = await response.json();
  return workers.flatMap(({ pid }) => {
    const startTime = pid === null ? undefined : startTimeOf(pid);
    return startTime === undefined ? [] : [{ pid, startTime }];
  });
}

function recordedPids(stateDir) {
  const { servers } = JSON.parse(readFileSync(join(stateDir, 'worker_registry.json'), 'utf8'));
  return Object.values(servers).flatMap(({ workers }) => workers.map(({ pid }) => pid));
}
