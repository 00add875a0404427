// Requests that cannot be done: each is answered with its error, and harms no other.
import { describe, expect, it } from 'vitest';
import type { Request } from '../worker-client.ts';
import { capitalChat, endOf } from './answer-cases.ts';
import { type ContractSetting, contextLength } from './setting.ts';

const few = { kind: 'tokens' as const, tokenIds: [338, 28, 731] };
const tooLong = { kind: 'tokens' as const, tokenIds: new Array<number>(contextLength).fill(338) };
const longChat = { kind: 'chat' as const, messages: [{ role: 'user', content: 'word '.repeat(contextLength) }] };

const refusals: readonly [string, Request, { code: string; param: string }][] = [
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
    { input: few, sampling: { logitBias: [[49_152, 1]] } },
    { code: 'invalid_request', param: 'logit_bias' },
  ],
  [
    'a token beyond the vocabulary',
    { input: { kind: 'tokens', tokenIds: [49_152] } },
    { code: 'invalid_request', param: 'prompt' },
  ],
  ['an empty prompt', { input: { kind: 'tokens', tokenIds: [] } }, { code: 'invalid_request', param: 'prompt' }],
];

export function refusalCases({ worker }: ContractSetting): void {
  describe('a refusal', () => {
    it.each(refusals)('answers %s with its error alone', async (_what, request, expected) => {
      const answer = await worker().ask(request);
      expect(answer.frames).toHaveLength(1);
      expect(answer.end).toMatchObject({ type: 'error', ...expected });
    });

    it('names the numbers when the context is exceeded', async () => {
      const { end } = await worker().ask({ input: tooLong, maxTokens: null });
      expect(end.type === 'error' && end.message).toContain(String(contextLength));
    });

    it('harms no request beside it', async () => {
      const good = worker().start({ input: capitalChat });
      for (const [, request] of refusals) await worker().ask(request);
      expect((await worker().answer(good)).text).toContain('Paris');
    });

    it('is no refusal at the last token that fits', async () => {
      const tokenIds = tooLong.tokenIds.slice(0, 20);
      const answer = await worker().ask({
        input: { kind: 'tokens', tokenIds },
        maxTokens: contextLength - 20,
        stop: [','],
        sampling: { logitBias: [[28, 100]] },
      });
      expect(endOf(answer)).toMatchObject({ finishReason: 'stop', stopSequence: ',' });
    });
  });
}
