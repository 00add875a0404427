// What was typed in chats, kept for the next one: a JSON string a line, the newest last, for this user alone.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export const maxHistory = 500;
const maxFileBytes = 1024 * 1024;

export interface HistoryFile {
  /** The newest first, as readline wants it. */
  read(): string[];
  add(text: string): void;
}

/** One that cannot be read or written is a chat without history, not a failure. */
export function openHistoryFile(path: string): HistoryFile {
  return {
    read: () => readEntries(path).reverse(),
    add(text) {
      const kept = readEntries(path).filter((entry) => entry !== text); // Another chat may have added to it meanwhile.
      write(path, [...kept, text].slice(-maxHistory));
    },
  };
}

function readEntries(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return []; // No chat has been before this one.
  }
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'string' ? [entry] : [];
    } catch {
      return []; // The last line of a file that ends in a newline, or a damaged one.
    }
  });
}

function write(path: string, entries: readonly string[]): void {
  let lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
  for (let size = Buffer.byteLength(lines.join('')); size > maxFileBytes && lines.length > 0; ) {
    size -= Buffer.byteLength(lines[0]!);
    lines = lines.slice(1);
  }
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, lines.join(''), { mode: 0o600 });
    chmodSync(temporary, 0o600);
    renameSync(temporary, path);
  } catch {
    // A home folder that cannot be written to: the history ends with the chat.
  }
}
