import { expect, it } from 'vitest';
import { checkVocabulary } from './draft-model.ts';

const vocabulary = (size: number, odd?: number) => ({
  size,
  getTokenString: (token: number) => (token === odd ? 'odd' : `t${token}`),
});
const check = (draft: ReturnType<typeof vocabulary>, target: ReturnType<typeof vocabulary>) => () =>
  checkVocabulary({ draft, vocabularySize: draft.size, target, targetSize: target.size });

it('a vocabulary that is the same but for padding at its end is taken', () => {
  expect(check(vocabulary(1000), vocabulary(1000))).not.toThrow();
  expect(check(vocabulary(1000), vocabulary(1128))).not.toThrow();
  expect(check(vocabulary(1128), vocabulary(1000))).not.toThrow();
});

it('a vocabulary of which one token is another, or much is missing, is refused', () => {
  expect(check(vocabulary(1000, 999), vocabulary(1000))).toThrow('draft_model: its vocabulary');
  expect(check(vocabulary(1000), vocabulary(1129))).toThrow('draft_model: its vocabulary');
});
