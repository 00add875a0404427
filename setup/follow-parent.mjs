// npm passes SIGINT and SIGTERM on to the server but dies alone when it is killed outright. A parent that has
// changed means that npm is gone, and the server ends as if it had been asked to.

export function followParent({ intervalMs = 1000 } = {}) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, intervalMs);
  timer.unref();
}
