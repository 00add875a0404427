// An answer as it is written: on a terminal its thoughts dimmed in front, elsewhere the answer alone.
import { dim, harmless } from './style.ts';

export interface AnswerView {
  readonly onText: (text: string) => void;
  readonly onThought: (text: string) => void;
  /** Ends the last line. */
  readonly end: (note?: string) => void;
}

export function createAnswerView(output: NodeJS.WritableStream & { readonly isTTY?: boolean }): AnswerView {
  if (output.isTTY !== true) {
    return { onText: (text) => void output.write(text), onThought: () => {}, end: () => void output.write('\n') };
  }
  let shows: 'nothing' | 'thoughts' | 'answer' = 'nothing';
  return {
    onText(text) {
      if (shows === 'thoughts') output.write('\n\n');
      shows = 'answer';
      output.write(harmless(text));
    },
    onThought(text) {
      shows = 'thoughts';
      output.write(dim(output, harmless(text)));
    },
    end: (note) => void output.write(`${note === undefined ? '' : dim(output, ` [${note}]`)}\n`),
  };
}
