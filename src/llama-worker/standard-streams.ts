// Standard output belongs to frames. Owns the redirection of every other print to standard error.
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/**
 * Keeps file descriptor 1 for the returned stream; `process.stdout`, and with it the console, is standard error from
 * now on. Must run before anything touches `process.stdout`: a second handle on the descriptor would take its events.
 * Writes never block the event loop: they wait in memory while the server is slow.
 */
export function takeStandardOutput(): Writable {
  Object.defineProperty(process, 'stdout', { value: process.stderr, configurable: true });
  return new Socket({ fd: 1, readable: false, writable: true });
}
