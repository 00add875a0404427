// pull: a model from the hub into the cache, with its progress: one line that changes on a terminal, else a line now and then.
import type { PullProgress } from '../models/index.ts';
import { composePuller } from './compose-models.ts';
import { CliFailure } from './failure.ts';
import { type Flags, readConfig } from './read-config.ts';
import { formatBytes, formatDuration } from './table.ts';

const everyMs = { terminal: 100, plain: 5000 } as const;

export async function pull(flags: Flags, { json }: { readonly json: boolean }, model: string): Promise<string> {
  const { config } = readConfig(flags);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new CliFailure('\nStopped. What has arrived is kept: pull again to go on.'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const line = progressLine(model);
  try {
    await composePuller(config).pull(model, { onProgress: line.show, onWait: line.waits, signal: stop.signal });
  } catch (error) {
    throw error instanceof CliFailure ? error : new CliFailure((error as Error).message);
  } finally {
    line.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  return json ? JSON.stringify({ model }) : `${model} is on this machine.`;
}

function progressLine(model: string) {
  const { stderr } = process;
  const pauseMs = stderr.isTTY ? everyMs.terminal : everyMs.plain;
  let first: { readonly atMs: number; readonly bytes: number } | undefined;
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show(progress: PullProgress): void {
      const nowMs = performance.now();
      first ??= { atMs: nowMs, bytes: progress.doneBytes };
      if (nowMs - shownMs < pauseMs && progress.doneBytes < progress.totalBytes) return;
      shownMs = nowMs;
      const text = progressText(model, progress, first, nowMs);
      stderr.write(stderr.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
    },
    waits: () => void stderr.write('\nAnother process is downloading it too; waiting for what it brings.\n'),
    end: () => void (stderr.isTTY && first !== undefined && stderr.write('\n')),
  };
}

/** `org/name  3 files  512.0 MB of 1.2 GB  42 %  45.1 MB/s  16s left` */
export function progressText(
  model: string,
  { doneBytes, totalBytes, files }: PullProgress,
  first: { readonly atMs: number; readonly bytes: number },
  nowMs: number,
): string {
  const percent = totalBytes === 0 ? 100 : Math.floor((doneBytes / totalBytes) * 100);
  const done = `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
  const bytesPerMs = (doneBytes - first.bytes) / Math.max(1, nowMs - first.atMs);
  const speed = bytesPerMs > 0 ? `  ${formatBytes(bytesPerMs * 1000)}/s` : '';
  const isUnderWay = bytesPerMs > 0 && doneBytes < totalBytes;
  const left = isUnderWay ? `  ${formatDuration((totalBytes - doneBytes) / bytesPerMs)} left` : '';
  return `${model}  ${files} file${files === 1 ? '' : 's'}  ${done}  ${percent} %${speed}${left}`;
}
