// Token id → the exact bytes that it stands for, as llama.cpp's token_to_piece has them. The addon hands out text only,
// which loses the bytes of half characters, so they are read back from the vocabulary's own notation.
import type { LlamaVocabularyType } from 'node-llama-cpp';
import type { NativeModel } from './native.ts';
import { type TokenPiece, toTokenPiece } from './text-stream.ts';

export type VocabularyType = `${LlamaVocabularyType}`;

const attribute = { unknown: 1, control: 8, userDefined: 16, byte: 32 } as const;
const escapedSpace = '\u2581';
const none = new Uint8Array(0);

/** GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes for U+0100 upwards. */
function byteLevelAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 0x100; byte += 1) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCodePoint(printable ? byte : next), byte);
    if (!printable) next += 1;
  }
  return alphabet;
}

const alphabet = byteLevelAlphabet();

/** Bytes of a token in byte-level notation; what is not in the alphabet stands for itself. */
function fromByteLevel(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const byte = alphabet.get(character);
    if (byte === undefined) bytes.push(...Buffer.from(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** Bytes of a token in SentencePiece notation, where a lower block is a space. */
const fromSentencePiece = (text: string): Uint8Array => Buffer.from(text.replaceAll(escapedSpace, ' '));

/** The byte of a `<0xE2>` token. */
function fromByteToken(text: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(text)?.[1];
  return byte === undefined ? Buffer.from(text) : Uint8Array.of(Number.parseInt(byte, 16));
}

/**
 * Control tokens are text as well: those that mark calls of tools, thinking and channels are what the server reads an
 * answer by. Those that end an answer are none, nor is the unknown.
 */
function bytesOf(model: NativeModel, type: VocabularyType, escapesSpaces: boolean, token: number): Uint8Array {
  const bits = model.getTokenAttributes(token);
  if ((bits & attribute.unknown) !== 0 || model.isEogToken(token)) return none;
  const text = model.getTokenString(token) ?? '';
  if ((bits & (attribute.userDefined | attribute.control)) !== 0) return Buffer.from(text);
  if ((bits & attribute.byte) !== 0) return fromByteToken(text);
  switch (type) {
    case 'bpe':
      return escapesSpaces ? fromSentencePiece(text) : fromByteLevel(text);
    case 'spm':
    case 'wpm':
    case 'ugm':
      return fromSentencePiece(text);
    case 'none':
    case 'rwkv':
    case 'plamo2':
      return Buffer.from(model.detokenize(Uint32Array.of(token), false));
  }
}

/** A function from token to piece that remembers what it was asked. */
export function createTokenPieces(model: NativeModel, type: VocabularyType): (token: number) => TokenPiece {
  const known: (TokenPiece | undefined)[] = [];
  // Some byte-pair vocabularies write spaces as SentencePiece does; how they write one tells.
  const spaced = type === 'bpe' ? model.tokenize(' a', false)[0] : undefined;
  const escapesSpaces = spaced !== undefined && (model.getTokenString(spaced) ?? '').startsWith(escapedSpace);
  return (token) => {
    const found = known[token];
    if (found !== undefined) return found;
    const piece = toTokenPiece(bytesOf(model, type, escapesSpaces, token));
    known[token] = piece;
    return piece;
  };
}
