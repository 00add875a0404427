// The one way in which set-up fails: a step, a cause in one line, the end of the tool's output, a hint.
import { explain } from './explain.mjs';

export class SetupFailure extends Error {
  /** @param {{ cause: string, hint?: string, output?: string }} failure `output` is what the tool printed. */
  constructor({ cause, hint, output }) {
    super(cause);
    this.name = 'SetupFailure';
    this.hint = hint;
    this.output = output;
  }
}

const tailLines = 15;

/** The lines that a person sees: never a stack trace. */
export function failureLines({ step, error }) {
  const failure = error instanceof SetupFailure ? error : fromUnexpected(error);
  const tail = (failure.output ?? '').trimEnd().split('\n').slice(-tailLines);
  return [
    `set-up failed at: ${step}`,
    `  cause: ${failure.message}`,
    ...(failure.output?.trim() ? ['  last lines of its output:', ...tail.map((line) => `    ${line}`)] : []),
    ...(failure.hint ? [`  what to do: ${failure.hint}`] : []),
  ];
}

/** A fault that no step named: a full disk while writing, a folder without permission, or a bug. */
function fromUnexpected(error) {
  const text = `${error?.code ?? ''} ${error?.message ?? error}`.trim();
  const known = explain(text);
  return new SetupFailure(known ? { ...known, output: text } : { cause: text.split('\n')[0] });
}
