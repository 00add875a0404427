// SIGHUP: a reload when somebody sends it, the end when it says that the terminal is gone.
import { closeSync, openSync } from 'node:fs';

export interface HangUp {
  readonly reload: () => unknown;
  readonly stop: () => void;
}

/** A server without a terminal (a service, its log in a file) is never ended by it. */
export function onHangUp({ reload, stop }: HangUp): void {
  const hadTerminal = process.stderr.isTTY === true;
  process.on('SIGHUP', () => (hadTerminal && terminalIsGone() ? stop() : reload()));
}

function terminalIsGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true; // A process whose terminal was closed has none any more.
  }
}
