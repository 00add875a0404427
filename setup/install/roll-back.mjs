// Takes back what a run made, the latest first. What cannot be taken back is told, and the rest is.
import { existsSync, rmSync } from 'node:fs';

/**
 * @param {{ entries: object[], loadProgram: () => Promise<object>, report: object }} options the program is loaded only where a
 *   server or a service must be ended
 */
export async function rollBack({ entries, loadProgram, report }) {
  for (const entry of [...entries].reverse()) {
    try {
      const done = await undo(entry, loadProgram);
      if (done !== undefined) report.say(`     taken back: ${done}`);
    } catch (error) {
      report.say(`     not taken back: ${entry.path ?? entry.kind} (${error.message})`);
    }
  }
}

async function undo(entry, loadProgram) {
  if (entry.kind === 'path') {
    if (!existsSync(entry.path)) return undefined;
    rmSync(entry.path, { recursive: true });
    return entry.path;
  }
  const program = await loadProgram();
  if (entry.kind === 'service') {
    if (!existsSync(program.servicePath())) return undefined;
    program.uninstallService({}, { json: true });
    return 'the service';
  }
  if (entry.kind === 'stopped') {
    await program.start(entry.flags, { json: true });
    return 'the end of the background server, which runs again';
  }
  const { stopped } = JSON.parse(await program.stop({ '--state-dir': entry.stateDir }, { json: true }));
  return stopped ? 'the server, which is stopped' : undefined;
}
