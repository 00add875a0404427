// Under npm one Ctrl-C arrives twice: from the terminal, and a millisecond later from npm. The echo is dropped
// here, because to the server a second signal means "end at once". Must run before anything listens for signals.

/** @param {{ target?: NodeJS.Process, withinMs?: number, now?: () => number }} options */
export function dropEchoedSignals({ target = process, withinMs = 300, now = () => performance.now() } = {}) {
  const emit = target.emit;
  const lastAt = new Map();
  target.emit = function emitOnce(name, ...rest) {
    if (name === 'SIGINT' || name === 'SIGTERM') {
      const isEcho = now() - (lastAt.get(name) ?? -withinMs) < withinMs;
      lastAt.set(name, now());
      if (isEcho) return true;
    }
    return emit.call(this, name, ...rest);
  };
}
