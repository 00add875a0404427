// What install.sh made, written down before it is made: by this run, which is taken back if the run fails, and by those
// that went well, which is what --uninstall needs to know. An entry is { kind: 'path', path }, { kind: 'server', stateDir },
// { kind: 'service' }, or { kind: 'stopped', flags }: a background server that ran before.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startTimeOf } from '../process-identity.mjs';

/**
 * Reads the journal at `path`. What a run that was killed left open is in `leftOver`; `busyWith` is the pid of a run that is
 * at work, whose entries are its own.
 */
export function openJournal(path, identity = { pid: process.pid, startTime: startTimeOf(process.pid) }) {
  const { installed, thisRun: leftOver, installer } = read(path);
  const isBusy = leftOver.length > 0 && installer !== undefined && startTimeOf(installer.pid) === installer.startTime;
  let thisRun = [...leftOver];
  const save = (content) => {
    mkdirSync(dirname(path), { recursive: true });
    const beside = `${path}.${process.pid}`;
    writeFileSync(beside, JSON.stringify({ version: 1, installer: identity, ...content }, null, 2));
    renameSync(beside, path);
  };
  return {
    installed,
    leftOver,
    busyWith: isBusy ? installer.pid : undefined,
    get thisRun() {
      return thisRun;
    },
    note(...entries) {
      thisRun.push(...entries);
      save({ installed, thisRun });
    },
    /** All but the first `count` entries have been taken back. */
    keepFirst(count) {
      thisRun = thisRun.slice(0, count);
      save({ installed, thisRun });
    },
    complete() {
      save({ installed: unique([...installed, ...thisRun]), thisRun: [] });
      thisRun = [];
    },
    /** What was noted has been taken back. */
    forget() {
      thisRun = [];
      if (installed.length > 0) save({ installed, thisRun });
      else rmSync(path, { force: true });
    },
  };
}

const unique = (entries) => [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()];

function read(path) {
  if (!existsSync(path)) return { installed: [], thisRun: [] };
  try {
    const { installed = [], thisRun = [], installer } = JSON.parse(readFileSync(path, 'utf8'));
    return { installed, thisRun, installer };
  } catch (error) {
    if (error instanceof SyntaxError) return { installed: [], thisRun: [] }; // Damaged: nothing is known to be ours.
    throw error;
  }
}
