// Tells a person how far set-up is: one line a step with its size and time; on a terminal the line ticks.
// It writes to standard error only, so that a command's own output stays clean.

const tickMs = 1000;
const quietTickMs = 20_000;

/** @param {{ stream: NodeJS.WriteStream, total: number }} options `total` is the number of steps. */
export function createProgress({ stream, total }) {
  let number = 0;
  const line = (title, rest) => `set-up ${number}/${total}  ${title.padEnd(28)} ${rest}`;
  return {
    say: (text) => stream.write(`${text}\n`),
    /** Counts a step that has nothing to do. */
    skip: () => {
      number += 1;
    },
    /** Shows one step while `act` runs. */
    async step({ title, size }, act) {
      number += 1;
      const startedMs = Date.now();
      const elapsed = () => `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
      const end = stream.isTTY ? '\r' : '\n';
      stream.write(`${line(title, size ?? '…')}${end}`);
      const timer = setInterval(
        () => stream.write(`${line(title, `${size ?? '…'}  ${elapsed()}`)}${end}`),
        stream.isTTY ? tickMs : quietTickMs,
      );
      try {
        await act();
        stream.write(`${clear(stream)}${line(title, `done in ${elapsed()}`)}\n`);
      } catch (error) {
        stream.write(stream.isTTY ? '\n' : '');
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

const clear = (stream) => (stream.isTTY ? '\r\x1b[2K' : '');
