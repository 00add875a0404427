// Responses that are kept: one SQLite file, or memory where there can be no file. Bounded by count, age and bytes; knows
// nothing of what a response says. Calls are synchronous and short; see docs/responses.md for what was measured.
import { chmodSync, closeSync, openSync } from 'node:fs';
import Database from 'libsql';
import type { Clock } from '../core/index.ts';

export interface ResponseRecord {
  readonly id: string;
  /** Who made it; nobody else is told that it exists. */
  readonly holder: string;
  readonly status: string;
  /** The response before it in its conversation. */
  readonly previousId: string | null;
  /** The process that works on it; null once it has ended. */
  readonly owner: string | null;
  /** JSON texts. */
  readonly body: string;
  readonly input: string;
  /** Of a stream that may be read again. */
  readonly events: string | null;
}

export interface ResponseStore extends Disposable {
  /** Inserts or replaces. False, and nothing kept, where the record alone is over its bound. */
  save(record: ResponseRecord): boolean;
  find(id: string, holder: string): ResponseRecord | undefined;
  remove(id: string, holder: string): boolean;
  /** Why responses are not kept as they should be, or null. */
  readonly problem: string | null;
}

export interface ResponseStoreOptions {
  /** Null: in memory. */
  readonly file: string | null;
  readonly clock: Clock;
  readonly onProblem?: (detail: string) => void;
  readonly bounds?: Bounds;
}

interface Bounds {
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly maxRecordBytes: number;
  readonly maxAgeMs: number;
}

const defaultBounds: Bounds = {
  maxRecords: 10_000,
  maxBytes: 256 * 1024 * 1024,
  maxRecordBytes: 2 * 1024 * 1024,
  maxAgeMs: 30 * 24 * 3600 * 1000,
};

const schema = `
  PRAGMA busy_timeout = 1000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS responses (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, status TEXT NOT NULL, previousId TEXT, owner TEXT,
    body TEXT NOT NULL, input TEXT NOT NULL, events TEXT, savedMs INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS responses_by_age ON responses (savedMs, bytes);
`;

const columns = 'id, holder, status, previousId, owner, body, input, events';

/** A file that cannot be used is left as it is, and `problem` says why; responses are then kept in memory. */
export function openResponseStore(options: ResponseStoreOptions): ResponseStore {
  const { file, clock, onProblem = () => {}, bounds = defaultBounds } = options;
  const { database, problem } = openDatabase(file);
  let lastProblem = problem;
  if (problem !== null) onProblem(`responses are kept in memory only: ${problem}`);
  const insert = database.prepare(
    `INSERT OR REPLACE INTO responses (${columns}, savedMs, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const select = database.prepare(`SELECT ${columns} FROM responses WHERE id = ? AND holder = ? AND savedMs >= ?`);
  const drop = database.prepare('DELETE FROM responses WHERE id = ? AND holder = ?');
  const prune = createPrune(database, bounds);
  const oldestMs = (): number => clock.wallMs() - bounds.maxAgeMs;
  return {
    get problem() {
      return lastProblem;
    },
    save(record) {
      const { id, holder, status, previousId, owner, body, input, events } = record;
      const bytes = body.length + input.length + (events?.length ?? 0);
      if (bytes > bounds.maxRecordBytes) return false;
      try {
        insert.run(id, holder, status, previousId, owner, body, input, events, clock.wallMs(), bytes);
        prune(oldestMs());
        lastProblem = problem;
      } catch (error) {
        lastProblem = messageOf(error); // A full disk, for example: the answer itself is none the worse.
        onProblem(`a response was not kept: ${lastProblem}`);
      }
      return true;
    },
    find: (id, holder) => recordOf(select.get(id, holder, oldestMs())),
    remove: (id, holder) => drop.run(id, holder).changes > 0,
    [Symbol.dispose]: () => void database.close(),
  };
}

/** A row without what the driver adds to it. */
function recordOf(row: unknown): ResponseRecord | undefined {
  if (row === undefined) return undefined;
  const { id, holder, status, previousId, owner, body, input, events } = row as ResponseRecord;
  return { id, holder, status, previousId, owner, body, input, events };
}

/** Too old goes first, then the oldest, until what is left is within its bounds. */
function createPrune(database: Database.Database, { maxRecords, maxBytes }: Bounds): (oldestMs: number) => void {
  const dropOld = database.prepare('DELETE FROM responses WHERE savedMs < ?');
  const measure = database.prepare('SELECT COUNT(*) AS records, COALESCE(SUM(bytes), 0) AS bytes FROM responses');
  const oldest = database.prepare('SELECT id, bytes FROM responses ORDER BY savedMs LIMIT 100');
  const drop = database.prepare('DELETE FROM responses WHERE id = ?');
  return (oldestMs) => {
    dropOld.run(oldestMs);
    let { records, bytes } = measure.get() as { records: number; bytes: number };
    while (records > maxRecords || bytes > maxBytes) {
      for (const one of oldest.all() as { id: string; bytes: number }[]) {
        if (records <= maxRecords && bytes <= maxBytes) return;
        drop.run(one.id);
        records -= 1;
        bytes -= one.bytes;
      }
    }
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function openDatabase(file: string | null): { database: Database.Database; problem: string | null } {
  const inMemory = (problem: string | null) => ({ database: opened(':memory:'), problem });
  if (file === null) return inMemory('there is no state directory');
  try {
    closeSync(openSync(file, 'a', 0o600)); // SQLite gives its companions the mode of the file itself.
    chmodSync(file, 0o600);
    return { database: opened(file), problem: null };
  } catch (error) {
    return inMemory(messageOf(error));
  }
}

function opened(path: string): Database.Database {
  const database = new Database(path);
  try {
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
