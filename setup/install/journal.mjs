// What install.sh made, written down before it is made: by this run, which is taken back if the run fails, and by those
// that went well, which is what --uninstall needs to know. An entry is { kind: 'path', path }, { kind: 'server', stateDir },
// { kind: 'service' }, or { kind: 'stopped', flags }: a background server that ran before.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Reads the journal at `path`; what a run that was killed left open is in `leftOver`. */
export function openJournal(path) {
  const { installed, thisRun: leftOver } = read(path);
  let thisRun = [...leftOver];
  const save = (content) => {
    mkdirSync(dirname(path), { recursive: true });
    const beside = `${path}.${process.pid}`;
    writeFileSync(beside, JSON.stringify({ version: 1, ...content }, null, 2));
    renameSync(beside, path);
  };
  return {
    installed,
    leftOver,
    get thisRun() {
      return thisRun;
    },
    note(...entries) {
      thisRun.push(...entries);
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
    const { installed = [], thisRun = [] } = JSON.parse(readFileSync(path, 'utf8'));
    return { installed, thisRun };
  } catch (error) {
    if (error instanceof SyntaxError) return { installed: [], thisRun: [] }; // Damaged: nothing is known to be ours.
    throw error;
  }
}
