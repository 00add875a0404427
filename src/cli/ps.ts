// ps: the loaded models of a running server; with --watch again each second, until Ctrl-C or the server's end.
import { setTimeout as sleep } from 'node:timers/promises';
import { findServer } from './find-server.ts';
import type { Flags } from './read-config.ts';
import type { ServerAddress } from './server-address.ts';
import { fetchStatus, workerTable } from './status.ts';

export interface PsOptions {
  readonly json: boolean;
  readonly watch: boolean;
}

const everyMs = 1000;
const toTop = '\u001b[H';
const clearLineEnd = '\u001b[K';
const clearBelow = '\u001b[J';
const screen = { own: '\u001b[?1049h\u001b[?25l', theirs: '\u001b[?25h\u001b[?1049l' } as const;

export async function ps(flags: Flags, { json, watch }: PsOptions): Promise<string | undefined> {
  const server = await findServer(flags);
  const once = async (): Promise<string> => {
    const { workers } = await fetchStatus(server);
    return json ? JSON.stringify(workers, null, watch ? undefined : 2) : workerTable(workers, process.stdout.columns);
  };
  if (!watch) return await once();
  await watchFor(once, { redraws: process.stdout.isTTY && !json, server });
  return undefined;
}

/** On a terminal one picture that changes, elsewhere one after the other. @throws CliFailure when the server is gone. */
async function watchFor(
  once: () => Promise<string>,
  { redraws, server }: { readonly redraws: boolean; readonly server: ServerAddress },
): Promise<void> {
  const { stdout } = process;
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  let text = await once();
  if (redraws) stdout.write(screen.own);
  try {
    while (!stopped.signal.aborted) {
      stdout.write(redraws ? picture(`${new URL(server.adminUrl).host}  Ctrl-C ends\n\n${text}`) : `${text}\n`);
      if (stdout.writableEnded || stdout.destroyed) return; // Whoever read it has closed the pipe.
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
      if (!stopped.signal.aborted) text = await once();
    }
  } finally {
    if (redraws) stdout.write(screen.theirs);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}

/** Written over the one before, which would flicker if it were wiped. */
const picture = (text: string): string =>
  toTop + text.replaceAll('\n', `${clearLineEnd}\n`) + clearLineEnd + clearBelow;
