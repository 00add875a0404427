// How a process group is ended: asked, then made to.

/** Signals the whole group of `pid`; a group that is gone already is none to signal. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** SIGTERM (and SIGCONT, so that a stopped process sees it), then SIGKILL unless `exited` settles within `graceMs`. */
export function killLadder(pid: number, exited: Promise<unknown>, graceMs: number): void {
  signalGroup(pid, 'SIGTERM');
  signalGroup(pid, 'SIGCONT');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  void exited.then(() => clearTimeout(timer));
}
