// What a terminal sends → what readline should see: pasted text as one piece with its newlines, and nothing while an
// answer is written, but for Ctrl-C. Keys typed meanwhile come after it.
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { ReadStream } from 'node:tty';

const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';
const interrupt = '\u0003';
/** Lines and pastes that may wait for an answer to end. */
const maxWaiting = 1000;
const maxPasted = 4 * 1024 * 1024;

export interface KeyFilter {
  /** What readline is given as its input. */
  readonly keys: Readable;
  /** Holds keys back until `release`; Ctrl-C drops those that are held and calls `onInterrupt`. */
  hold(onInterrupt: () => void): void;
  release(): void;
  close(): void;
}

export interface KeyFilterOptions {
  readonly input: Readable & Partial<Pick<ReadStream, 'setRawMode' | 'isRaw'>>;
  /** Called in its turn among the keys. */
  readonly onPaste: (text: string) => void;
}

export function createKeyFilter({ input, onPaste }: KeyFilterOptions): KeyFilter {
  const keys = new Readable({ read() {} });
  Object.assign(keys, { setRawMode: (raw: boolean) => input.setRawMode?.(raw) });
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let waiting: (() => void)[] = [];
  let holding: { readonly onInterrupt: () => void } | undefined;
  let hasEnded = false;

  // As events and not as pushed data: readline must have taken the keys before a paste when the paste comes.
  const pieces: Pieces = {
    onKeys: (typed) => {
      for (const line of typed.match(/[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+$/g) ?? [])
        waiting.push(() => void keys.emit('data', line));
    },
    onPaste: (text) => void waiting.push(() => onPaste(text)),
  };
  const drain = (): void => {
    while (holding === undefined && waiting.length > 0) waiting.shift()!();
    if (holding === undefined && hasEnded) keys.emit('end');
  };
  const onData = (bytes: Buffer): void => {
    const text = decoder.write(bytes);
    const at = holding === undefined ? -1 : text.lastIndexOf(interrupt);
    if (at !== -1) {
      rest = '';
      waiting = [];
      holding?.onInterrupt();
    }
    if (waiting.length < maxWaiting) rest = splitPastes(rest + text.slice(at + 1), pieces);
    drain();
  };
  const onEnd = (): void => {
    hasEnded = true;
    drain();
  };
  input.on('data', onData);
  input.once('end', onEnd);
  return {
    keys,
    hold(onInterrupt) {
      holding = { onInterrupt };
    },
    release() {
      holding = undefined;
      drain();
    },
    close() {
      input.off('data', onData);
      input.off('end', onEnd);
      input.pause();
    },
  };
}

interface Pieces {
  readonly onKeys: (text: string) => void;
  readonly onPaste: (text: string) => void;
}

/** Hands over keys and pastes in their order; what may be the beginning of something is returned, to be continued. */
export function splitPastes(text: string, { onKeys, onPaste }: Pieces): string {
  let left = text;
  while (left !== '') {
    const start = left.indexOf(pasteStart);
    if (start === -1) {
      const kept = beginningOf(pasteStart, left);
      if (kept < left.length) onKeys(left.slice(0, left.length - kept));
      return kept === 0 ? '' : left.slice(-kept);
    }
    if (start > 0) onKeys(left.slice(0, start));
    const end = left.indexOf(pasteEnd, start);
    if (end === -1 && left.length - start < maxPasted) return left.slice(start);
    const pasted = left.slice(start + pasteStart.length, end === -1 ? undefined : end);
    onPaste(pasted.replace(/\r\n?/g, '\n'));
    left = end === -1 ? '' : left.slice(end + pasteEnd.length);
  }
  return '';
}

/** How many characters at the end of `text` begin `sequence`: two at the least, for a lone Escape is a key. */
function beginningOf(sequence: string, text: string): number {
  for (let length = Math.min(sequence.length - 1, text.length); length >= 2; length -= 1)
    if (text.endsWith(sequence.slice(0, length))) return length;
  return 0;
}
