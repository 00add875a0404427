// Makes the background server a service of this user, on the same ports. One that ran before runs again if that fails.
import { existsSync } from 'node:fs';
import { SetupFailure } from '../failure.mjs';
import { answers } from './start-server.mjs';
import { waitFor } from './wait.mjs';

/** @returns {Promise<{ detail: string }>} where the service is written down */
export async function makeService({ program, journal, signal, server }) {
  const path = program.servicePath();
  if (server.found === 'service') return { detail: path };
  if (server.found === 'background') journal.note({ kind: 'stopped', flags: server.flags });
  await program.stop({}, { json: true });
  if (!existsSync(path)) journal.note({ kind: 'service' });
  const { active } = JSON.parse(program.installService(server.flags, { json: true }));
  if (!active) {
    throw new SetupFailure({
      cause: "the manager of this user's services cannot be reached",
      hint: 'on a Linux without a login session: loginctl enable-linger USER, then log in again; or install without --daemon',
    });
  }
  await waitFor({ what: 'the service', signal, look: () => answers(server.api) });
  return { detail: path };
}
