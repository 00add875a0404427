// Lines from a terminal → messages. A message of several lines stands between """ and """, or its lines end in a
// backslash, or it is pasted. Ctrl-C drops what was typed, and on an empty line leaves the second time.
import { type AsyncCompleter, createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { dim } from '../style.ts';
import { type HistoryFile, maxHistory } from './history-file.ts';
import { createKeyFilter } from './key-filter.ts';
import { addLine, type Pending } from './multi-line.ts';

export interface MessageReader {
  /** The next message; undefined when the user leaves. */
  next(): Promise<string | undefined>;
  /** While `work` runs nothing that is typed is shown; Ctrl-C aborts its signal. */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  close(): void;
}

export interface MessageReaderOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Undefined: nothing is kept. */
  readonly history: HistoryFile | undefined;
  readonly complete: (line: string) => Promise<[string[], string]>;
}

const prompts = { first: '>>> ', next: '... ' } as const;
const bracketedPaste = { on: '\u001b[?2004h', off: '\u001b[?2004l' } as const;

export function createMessageReader({ input, output, history, complete }: MessageReaderOptions): MessageReader {
  const filter = createKeyFilter({ input, onPaste: (text) => insert(lines, text) });
  const recalled = history?.read() ?? [];
  const lines = openLines({ keys: filter.keys, output, recalled, complete });
  let pending: Pending | undefined;
  let isLeaving = false;
  let isClosed = false;
  let whole: string | undefined;
  let wake = (): void => {};
  const showPrompt = (): void => {
    lines.setPrompt(pending === undefined ? prompts.first : prompts.next);
    lines.prompt();
  };

  const remember = recallMessages(lines, recalled, history);
  lines.on('line', (line: string) => {
    isLeaving = false;
    const { pending: more, message, typed } = addLine(pending, line);
    pending = more;
    if (message === undefined || typed === undefined) return showPrompt();
    if (message.trim() !== '') remember(typed);
    whole = message;
    filter.hold(() => {}); // What is typed ahead comes behind the next prompt.
    wake();
  });
  lines.on('SIGINT', () => {
    const hasText = lines.line !== '' || pending !== undefined;
    if (!hasText && isLeaving) return lines.close();
    isLeaving = !hasText;
    pending = undefined;
    Object.assign(lines, { line: '', cursor: 0, prevRows: 0 }); // Rows above stay as they are: the next prompt is below.
    output.write(hasText ? '\n' : `\n${dim(output, 'Ctrl-C again, Ctrl-D or /bye leaves.')}\n`);
    showPrompt();
  });
  lines.on('close', () => {
    isClosed = true;
    wake();
  });
  output.write(bracketedPaste.on);

  return {
    async next() {
      if (isClosed) return undefined;
      whole = undefined;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      showPrompt();
      filter.release();
      await woken;
      return whole;
    },
    async during(work) {
      const stopped = new AbortController();
      filter.hold(() => stopped.abort());
      return await work(stopped.signal);
    },
    close() {
      output.write(bracketedPaste.off);
      lines.close();
      filter.close();
    },
  };
}

interface LineOptions extends Pick<MessageReaderOptions, 'output' | 'complete'> {
  readonly keys: Readable;
  readonly recalled: readonly string[];
}

function openLines({ keys, output, recalled, complete }: LineOptions): Interface {
  const completer: AsyncCompleter = (line, done) =>
    void complete(line).then(
      (result) => done(null, result),
      (error: Error) => done(error),
    );
  const history = [...recalled];
  return createInterface({ input: keys, output, terminal: true, historySize: maxHistory, history, completer });
}

/** readline would remember lines; what is recalled is whole messages. The array that it tells is the one that it uses. */
function recallMessages(
  lines: Interface,
  first: readonly string[],
  history: HistoryFile | undefined,
): (typed: string) => void {
  let recalled = first;
  let entries: string[] = [];
  const show = (): void => void entries.splice(0, entries.length, ...recalled);
  lines.on('history', (all: string[]) => {
    entries = all;
    show();
  });
  return (typed) => {
    recalled = [typed, ...recalled.filter((one) => one !== typed)].slice(0, maxHistory);
    show();
    history?.add(typed);
  };
}

/** readline has no way to put a text with newlines into its line; these two fields are what its own keys change. */
function insert(lines: Interface, text: string): void {
  const { line, cursor } = lines;
  Object.assign(lines, { line: line.slice(0, cursor) + text + line.slice(cursor), cursor: cursor + text.length });
  lines.prompt(true);
}
