// Tokens in, certain text out: joins the bytes of tokens into whole UTF-8 characters and cuts at stop strings.
// Pure; knows the vocabulary only as a function from token to bytes.
import { TextDecoder } from 'node:util';
import { createStopMatcher, type StopMatch } from './stop-matcher.ts';

/** What one token adds to the text. */
export interface TokenPiece {
  readonly bytes: Uint8Array;
  /** The bytes as text when they are whole characters on their own; null when they need their neighbours. */
  readonly text: string | null;
}

export interface TextStream {
  /**
   * Takes the next token. `stop` is set when the answer ends here; nothing may be pushed afterwards. In a token that
   * may not stop, no stop string begins either.
   */
  push(token: number, rule?: { readonly mayStop: boolean }): StopMatch;
  /** What follows does not go on with a character that is not whole yet: nothing is shown of it. */
  dropPartial(): void;
  /** Text still held back, now certain: the answer has ended. A character that never became whole shows as U+FFFD. */
  flush(): StopMatch;
}

/** Decodes a piece on its own: exact text, or null when it holds part of a character or bytes that are no UTF-8. */
export function toTokenPiece(bytes: Uint8Array): TokenPiece {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  return { bytes, text: text.includes('\uFFFD') ? null : text };
}

export function createTextStream(stops: readonly string[], pieceOf: (token: number) => TokenPiece): TextStream {
  const matcher = createStopMatcher(stops);
  let decoder: TextDecoder | undefined;
  let midCharacter = false;

  /** A decoder is needed only from a piece that ends inside a character to one that ends outside. */
  const decode = (piece: TokenPiece): string => {
    if (!midCharacter && piece.text !== null) return piece.text;
    decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    const text = decoder.decode(piece.bytes, { stream: true });
    midCharacter = endsInsideCharacter(piece.bytes, midCharacter);
    return text;
  };

  return {
    push: (token, { mayStop } = { mayStop: true }) => {
      const text = decode(pieceOf(token));
      return mayStop ? matcher.push(text) : { text, stop: null };
    },
    dropPartial: () => {
      if (midCharacter) decoder?.decode();
      midCharacter = false;
    },
    flush: () => {
      const last = midCharacter ? matcher.push(decoder?.decode() ?? '') : { text: '', stop: null };
      midCharacter = false;
      return last.stop === null ? { text: last.text + matcher.flush(), stop: null } : last;
    },
  };
}

/** Whether a decoder may still hold bytes after these. Erring towards true costs time only. */
function endsInsideCharacter(bytes: Uint8Array, before: boolean): boolean {
  if (bytes.length === 0) return before;
  return bytes[bytes.length - 1]! >= 0x80;
}
