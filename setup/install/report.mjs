// What a person sees of an installation: one line for each thing looked at, with a mark in front. Colours on a terminal
// that wants them, nowhere else.

const nameWidth = 26;

/** @param {{ stream: NodeJS.WriteStream, env: Record<string, string | undefined> }} options */
export function createReport({ stream, env }) {
  const isColoured = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (code, text) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text);
  const row = (mark, name, detail) => stream.write(`  ${mark}  ${name.padEnd(nameWidth)}  ${detail}\n`);
  return {
    heading: (text) => stream.write(`\n${paint(1, text)}\n`),
    ok: (name, detail) => row(paint(32, '✓'), name, detail),
    failed: (name, detail) => row(paint(31, '✗'), name, detail),
    say: (text) => stream.write(`${text}\n`),
  };
}
