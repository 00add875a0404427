// Reads a stream to its end, whatever comes: whole lines at a bounded length and rate, the rest counted and dropped.
import type { Readable } from 'node:stream';

const maxLineBytes = 2048;
const linesPerSecond = 50;
const burstLines = 200;

/** Calls `onLine` for at most {@link linesPerSecond} lines a second; what was left out is told in one line of its own. */
export function drainLines(stream: Readable, onLine: (line: string) => void): void {
  let partial = '';
  let allowance = burstLines;
  let refilledMs = performance.now();
  let dropped = 0;

  const emit = (line: string): void => {
    const nowMs = performance.now();
    allowance = Math.min(burstLines, allowance + ((nowMs - refilledMs) / 1000) * linesPerSecond);
    refilledMs = nowMs;
    if (allowance < 1) {
      dropped += 1;
      return;
    }
    allowance -= 1;
    if (dropped > 0) onLine(`(${dropped} lines left out)`);
    dropped = 0;
    onLine(line);
  };

  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (partial + chunk).split('\n');
    partial = lines.pop()!.slice(0, maxLineBytes);
    for (const line of lines) if (line !== '') emit(line.slice(0, maxLineBytes));
  });
  stream.on('end', () => {
    if (partial !== '') emit(partial);
    if (dropped > 0) onLine(`(${dropped} lines left out)`);
  });
  stream.on('error', () => {}); // The process's end is reported by its exit event.
}
