import { describe, expect, it } from 'vitest';
import type { NativeModel } from './native.ts';
import { createTokenPieces, type VocabularyType } from './token-pieces.ts';

const normal = 4;
const control = 8;
const userDefined = 16;
const byte = 32;

/** A vocabulary of [text, attributes]; a space tokenises to token 0. */
const piecesOf = (type: VocabularyType, vocabulary: readonly (readonly [string, number])[]) => {
  const model: Partial<NativeModel> = {
    tokenize: () => Uint32Array.of(0),
    getTokenString: (token) => vocabulary[token]?.[0],
    getTokenAttributes: (token) => vocabulary[token]?.[1] ?? 0,
    isEogToken: (token) => vocabulary[token]?.[0] === '<|im_end|>',
  };
  return createTokenPieces(model as NativeModel, type);
};

describe('createTokenPieces', () => {
  it('reads byte-level notation, half characters included', () => {
    const pieceOf = piecesOf('bpe', [
      ['Ġa', normal],
      ['Ã©', normal],
      ['ðŁĺ', normal],
    ]);
    expect(pieceOf(0).text).toBe(' a');
    expect(pieceOf(1).text).toBe('é');
    expect([...pieceOf(2).bytes]).toEqual([0xf0, 0x9f, 0x98]);
    expect(pieceOf(2).text).toBeNull();
  });

  it('reads SentencePiece notation and its byte tokens', () => {
    const pieceOf = piecesOf('spm', [
      ['▁Paris', normal],
      ['<0xE2>', byte],
    ]);
    expect(pieceOf(0).text).toBe(' Paris');
    expect([...pieceOf(1).bytes]).toEqual([0xe2]);
  });

  it('recognises a byte-pair vocabulary that writes spaces as SentencePiece does', () => {
    const pieceOf = piecesOf('bpe', [
      ['▁a', normal],
      ['é', normal],
    ]);
    expect(pieceOf(0).text).toBe(' a');
    expect(pieceOf(1).text).toBe('é');
  });

  it('gives tokens that end an answer no text, other control tokens and user-defined ones their own', () => {
    const pieceOf = piecesOf('bpe', [
      ['Ġ', normal],
      ['<|im_end|>', control],
      ['<tool call>', userDefined],
      ['<|channel|>', control],
    ]);
    expect(pieceOf(1).text).toBe('');
    expect(pieceOf(2).text).toBe('<tool call>');
    expect(pieceOf(3).text).toBe('<|channel|>');
  });
});
