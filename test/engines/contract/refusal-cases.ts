// Requests that cannot be done: each is answered with its error, and harms no other.
import { describe, expect, it } from 'vitest';
import type { Request } from '../worker-client.ts';
import { endOf } from './answer-cases.ts';
import type { ModelFacts } from './models.ts';
import { tokensOf } from './models.ts';
import { type ContractSetting, contextLength } from './setting.ts';

const longChat = { kind: 'chat' as const, messages: [{ role: 'user', content: 'word '.repeat(contextLength) }] };

type Refusal = readonly [string, Request, { code: string; param: string }];

const refusalsOf = (facts: ModelFacts): Refusal[] => {
  const few = tokensOf(facts, 3);
  const tooLong = tokensOf(facts, contextLength);
  return [
    [
      'a prompt that fills the context',
      { input: tooLong, maxTokens: null },
      { code: 'context_length_exceeded', param: 'prompt' },
    ],
    [
      'a chat beyond the context',
      { input: longChat, maxTokens: null },
      { code: 'context_length_exceeded', param: 'messages' },
    ],
    [
      'an answer beyond the context',
      { input: few, maxTokens: contextLength },
      { code: 'context_length_exceeded', param: 'prompt' },
    ],
    [
      'a bias beyond the vocabulary',
      { input: few, sampling: { logitBias: [[facts.vocabularySize, 1]] } },
      { code: 'invalid_request', param: 'logit_bias' },
    ],
    [
      'a token beyond the vocabulary',
      { input: { kind: 'tokens', tokenIds: [facts.vocabularySize] } },
      { code: 'invalid_request', param: 'prompt' },
    ],
    ['an empty prompt', { input: { kind: 'tokens', tokenIds: [] } }, { code: 'invalid_request', param: 'prompt' }],
  ];
};

export function refusalCases({ worker, program }: ContractSetting): void {
  const { chat, answer, comma } = program.facts;
  const refusals = refusalsOf(program.facts);
  const tooLong = tokensOf(program.facts, contextLength);

  describe('a refusal', () => {
    it.each(refusals)('answers %s with its error alone', async (_what, request, expected) => {
      const { frames, end } = await worker().ask(request);
      expect(frames).toHaveLength(1);
      expect(end).toMatchObject({ type: 'error', ...expected });
    });

    it('names the numbers when the context is exceeded', async () => {
      const { end } = await worker().ask({ input: tooLong, maxTokens: null });
      expect(end.type === 'error' && end.message).toContain(String(contextLength));
    });

    it('harms no request beside it', async () => {
      const good = worker().start({ input: chat });
      for (const [, request] of refusals) await worker().ask(request);
      expect((await worker().answer(good)).text).toContain(answer);
    });

    it('is no refusal at the last token that fits', async () => {
      const tokenIds = tooLong.tokenIds.slice(0, 20);
      const longest = await worker().ask({
        input: { kind: 'tokens', tokenIds },
        maxTokens: contextLength - 20,
        stop: [','],
        sampling: { logitBias: [[comma, 100]] },
      });
      expect(endOf(longest)).toMatchObject({ finishReason: 'stop', stopSequence: ',' });
    });
  });
}
