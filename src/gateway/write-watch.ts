// Clients that ask and then do not read. What waits for one of them is watched; when nothing of it leaves for too long,
// its connection is closed, and that stops its generation.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/index.ts';

export interface WatchedWrites {
  /** Bytes that wait for the client. */
  readonly waiting: () => number;
  /** Bytes that have left for it since the connection was made. */
  readonly left: () => number;
  readonly close: () => void;
}

export interface WriteWatch {
  /** Watches until the function returned is called. */
  add(writes: WatchedWrites): () => void;
  /** Closes whoever stalls. Called now and then. */
  check(): void;
}

export function createWriteWatch({ clock, stallMs }: { readonly clock: Clock; readonly stallMs: number }): WriteWatch {
  const watched = new Map<WatchedWrites, { left: number; sinceMs: number }>();
  return {
    add(writes) {
      watched.set(writes, { left: 0, sinceMs: clock.monotonicMs() });
      return () => watched.delete(writes);
    },
    check() {
      const nowMs = clock.monotonicMs();
      for (const [writes, progress] of watched) {
        const left = writes.left();
        if (writes.waiting() === 0 || left > progress.left) {
          progress.left = left;
          progress.sinceMs = nowMs;
        } else if (nowMs - progress.sinceMs >= stallMs) {
          watched.delete(writes);
          writes.close();
        }
      }
    },
  };
}

/** An answer's own buffer and that of its socket. One that waits for the answer before it on the connection is no stall. */
export const writesOf = (response: ServerResponse, socket: Socket): WatchedWrites => ({
  waiting: () => (response.socket === null ? 0 : Math.max(response.writableLength, socket.writableLength)),
  left: () => socket.bytesWritten - socket.writableLength,
  close: () => socket.destroy(),
});
