// Standard error as a place for log lines. Never blocks, never grows without bound, never ends the server or keeps it
// from ending: whoever reads it, slowly or not at all, and whatever disk it is on.
import { fstatSync } from 'node:fs';
import { destination } from 'pino';

/** What may wait for a slow reader; lines beyond it are lost. */
const maxPendingBytes = 1024 * 1024;

export interface LineSink {
  write(line: string): void;
}

export function openStandardError(): LineSink {
  return isPipe() ? pipeSink() : fileSink();
}

function isPipe(): boolean {
  try {
    const stats = fstatSync(2);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false; // Closed: writes will fail, and are let go.
  }
}

/** A thread that blocks in write(2) on a full pipe would keep the process from ending; Node's own stream never blocks. */
function pipeSink(): LineSink {
  // The reader has gone: so be it. One listener will do for all loggers of the process.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  return {
    write(line) {
      if (process.stderr.writableLength < maxPendingBytes) process.stderr.write(line);
    },
  };
}

function fileSink(): LineSink {
  const file = destination({ fd: 2, sync: false, maxLength: maxPendingBytes });
  let takesLines = true;
  file.on('write', () => {
    takesLines = true;
  });
  file.on('error', () => {
    takesLines = false;
  });
  const flushSync = file.flushSync.bind(file);
  // Called at exit. It tries for ever where every write fails, as on a full disk.
  file.flushSync = () => {
    if (takesLines) flushSync();
  };
  return file;
}
