// npm passes SIGINT and SIGTERM on to the server but dies alone when it is killed outright. Under npm, a parent
// that has changed means that npm is gone, and the server ends as if it had been asked to.

export function followParent({ env = process.env, intervalMs = 1000 } = {}) {
  if (env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, intervalMs);
  timer.unref();
}
