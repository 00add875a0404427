// A question on the terminal. Where there is none, nothing is assumed: the caller says what to do without an answer.
import { createInterface } from 'node:readline/promises';

export const canAsk = () => process.stdin.isTTY === true;

/** True for yes; anything else, the end of the input included, is no. */
export async function confirm(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const ended = new Promise((resolve) => terminal.once('close', () => resolve('')));
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

export const noTerminal = 'There is no terminal to ask at: run it with --yes.';
