// A folder as a place for log lines: server.log, and older ones up to a number. Never blocks, never ends the server; a full or
// read-only disk costs lines, nothing else.
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { destination } from 'pino';
import type { LineSink } from './standard-error.ts';

export interface LogFileOptions {
  readonly dir: string;
  /** A file that has grown past this is set aside. */
  readonly maxBytes?: number;
  /** Older files kept: server.log.1 is the newest of them. */
  readonly keep?: number;
}

const maxPendingBytes = 1024 * 1024;

/** @throws when the folder or the file cannot be made. */
export function openLogFile({ dir, maxBytes = 10 * 1024 * 1024, keep = 5 }: LogFileOptions): LineSink {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, 'server.log');
  const file = destination({ dest: path, sync: false, maxLength: maxPendingBytes, mode: 0o600, mkdir: false });
  let takesLines = true;
  let bytes = sizeOf(path);
  file.on('write', (written: number) => {
    takesLines = true;
    bytes += written;
    if (bytes <= maxBytes) return;
    rotate(path, keep);
    file.reopen(); // Lines in between still go into the file that was renamed.
    bytes = 0;
  });
  file.on('error', () => {
    takesLines = false; // Tried again with the next line.
  });
  const flushSync = file.flushSync.bind(file);
  file.flushSync = () => {
    if (takesLines) flushSync(); // At exit it would try for ever.
  };
  return { write: (line) => void file.write(line) };
}

function rotate(path: string, keep: number): void {
  try {
    rmSync(`${path}.${keep}`, { force: true });
    for (let age = keep - 1; age >= 1; age -= 1) renameIfThere(`${path}.${age}`, `${path}.${age + 1}`);
    renameIfThere(path, `${path}.1`);
  } catch {
    // The file grows on then, and is tried again after as many bytes more.
  }
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
