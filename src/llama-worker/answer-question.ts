// Questions about text and tokens → the one frame that answers each. Needs a vocabulary and no weights.
import { ServerError } from '../core/index.ts';
import type { FromWorker, Question } from '../ipc/index.ts';
import { errorFrame } from './error-frame.ts';
import type { LoadedTokenizer } from './load-tokenizer.ts';
import { checkTokenIds, tokensOf } from './prompt.ts';

export function answerQuestion(
  { tokenizer, detokenize }: Pick<LoadedTokenizer, 'tokenizer' | 'detokenize'>,
  question: Question,
): FromWorker {
  const { id } = question;
  try {
    switch (question.type) {
      case 'tokenize': {
        const bos = question.addSpecial ? tokenizer.bos : null;
        return { type: 'tokens', id, tokenIds: [...tokensOf({ ...tokenizer, bos }, question.input)] };
      }
      case 'detokenize':
        checkTokenIds(question.tokenIds, tokenizer.vocabularySize, 'tokens');
        return { type: 'text', id, text: detokenize(question.tokenIds) };
      case 'embed':
        throw new ServerError('model_unsupported', 'This worker was not loaded for embeddings.', { param: 'model' });
    }
  } catch (error) {
    return errorFrame(id, error);
  }
}
