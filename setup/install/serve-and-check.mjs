// A server that runs, and every check against it, a line each. The server that kill -9 is tried on is never one that ran
// before: somebody may be talking to it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupFailure } from '../failure.mjs';
import { textChecks, visionCheck } from './answer-checks.mjs';
import { attempt } from './attempt.mjs';
import { registryCheck } from './registry-check.mjs';
import { rollBack } from './roll-back.mjs';
import { loadProgram } from './server-program.mjs';
import { makeService } from './service.mjs';
import { startBackground, startServer } from './start-server.mjs';

const logLines = 12;
const logLineLength = 300;

/** @returns {Promise<object>} the server that stays, with `stays`: 'background' or 'service' */
export async function serveAndCheck({ report, journal, program, signal, daemon }) {
  report.heading('Checks');
  const step = (name, act) => attempt({ report, name, act });
  const server = await step('server', async () => {
    const value = await startServer({ program, journal, signal });
    const how = { background: ' (ran already; "daemon restart" takes a new build)', service: ' (a service already)' };
    return { value, detail: `${value.api}, admin ${value.admin}${how[value.found] ?? ''}` };
  });
  const check = (one, on) =>
    step(one.name, () =>
      withLog({ program, server: on, act: async () => ({ detail: await one.run({ server: on, program, signal }) }) }),
    );
  for (const one of [...textChecks, visionCheck]) await check(one, server);
  if (server.found === undefined) await check(registryCheck, server);
  else await onOwnServer({ program, journal, signal, report, act: (own) => check(registryCheck, own) });
  if (!daemon) return { ...server, stays: server.found ?? 'background' };
  await step('service', () => makeService({ program, journal, signal, server }));
  return { ...server, stays: 'service' };
}

/** A failure is told with the end of that server's log. */
async function withLog({ program, server, act }) {
  try {
    return await act();
  } catch (error) {
    const log = logOf({ program, server });
    if (!(error instanceof SetupFailure)) throw Object.assign(error, { output: log });
    throw new SetupFailure({ cause: error.message, hint: error.hint, output: error.output ?? log });
  }
}

function logOf({ program, server }) {
  try {
    const lines = program.logs({ '--state-dir': server.stateDir }, { lines: logLines }).split('\n');
    return lines.map((line) => line.slice(0, logLineLength)).join('\n');
  } catch (error) {
    return error.message; // There is no log yet.
  }
}

async function onOwnServer({ program, journal, signal, report, act }) {
  const before = journal.thisRun.length;
  const folder = mkdtempSync(join(tmpdir(), 'mlx-install-'));
  const stateDir = join(folder, 'state');
  journal.note({ kind: 'path', path: folder }, { kind: 'server', stateDir });
  const { config } = program.readConfig({});
  const flags = { '--state-dir': stateDir, '--port': '0', '--admin-port': '0' };
  await act({ ...(await startBackground({ program, flags })), headers: program.keyHeaders(config), stateDir, signal });
  const quiet = { ...report, say: () => {} };
  await rollBack({ entries: journal.thisRun.slice(before), loadProgram, report: quiet });
  journal.keepFirst(before);
}
