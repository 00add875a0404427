// A stream on a raw response: one write an engine step, waiting for a slow reader, never for one who left.
import type { ServerResponse } from 'node:http';

export const keepAliveMs = 15_000;

export interface SseWriter {
  /** Sends status and headers; later calls do nothing. */
  open(): void;
  readonly opened: boolean;
  /** Writes `text` as it is; resolves when more may be written. Rejects once the reader left. */
  write(text: string): Promise<void> | undefined;
  end(text: string): void;
}

export interface StreamForm {
  readonly contentType: string;
  readonly keepAlive: string;
}

const plainEvents: StreamForm = { contentType: 'text/event-stream; charset=utf-8', keepAlive: ': keep-alive\n\n' };

/** While nothing else is written, the form's sign of life goes out every {@link keepAliveMs}; the first opens the stream. */
export function createSseWriter(
  raw: ServerResponse,
  headers: () => Record<string, string>,
  signal: AbortSignal,
  form: StreamForm = plainEvents,
): SseWriter {
  let opened = false;
  let lastWriteMs = performance.now();

  const timer = setInterval(() => {
    if (performance.now() - lastWriteMs < keepAliveMs * 0.9 || raw.writableNeedDrain) return;
    open();
    lastWriteMs = performance.now();
    if (form.keepAlive !== '') raw.write(form.keepAlive);
  }, keepAliveMs);
  raw.once('close', () => clearInterval(timer));

  function open(): void {
    if (opened) return;
    opened = true;
    raw.writeHead(200, {
      'content-type': form.contentType,
      'cache-control': 'no-cache, no-transform',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
      ...headers(),
    });
  }

  return {
    open,
    get opened() {
      return opened;
    },
    write(text) {
      signal.throwIfAborted();
      open();
      lastWriteMs = performance.now();
      return raw.write(text) ? undefined : drained(raw, signal);
    },
    end(text) {
      clearInterval(timer);
      if (raw.writableEnded || raw.destroyed) return;
      open();
      raw.end(text);
    },
  };
}

function drained(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      raw.off('drain', settle);
      signal.removeEventListener('abort', settle);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    raw.once('drain', settle);
    signal.addEventListener('abort', settle, { once: true });
  });
}
