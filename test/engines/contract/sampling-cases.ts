// Sampling and logprobs: what is asked is what is done, and random numbers depend on seed and position alone.
import { describe, expect, it } from 'vitest';
import type { Request } from '../worker-client.ts';
import type { ContractSetting } from './setting.ts';

const story = { kind: 'text' as const, text: 'Once upon a time there was' };
const maxTokens = 16;

export function samplingCases({ worker, program }: ContractSetting): void {
  const {
    words: [first, second],
    noEnd,
  } = program.facts;
  const going = { input: story, sampling: { logitBias: noEnd } };
  const ask = async (sampling: Request['sampling'] = {}) =>
    await worker().ask({ input: story, maxTokens, sampling: { logitBias: noEnd, ...sampling } });

  describe('sampling', () => {
    it('repeats itself with the same seed and differs with another', async () => {
      const sampling = { temperature: 1, seed: 1234 };
      const first = await ask(sampling);
      const again = await ask(sampling);
      const other = await ask({ ...sampling, seed: 1235 });
      expect(again.tokenIds).toEqual(first.tokenIds);
      expect(other.tokenIds).not.toEqual(first.tokenIds);
    });

    it('uses all of a seed up to 2^53 - 1', async () => {
      const low = await ask({ temperature: 1, seed: 7 });
      const high = await ask({ temperature: 1, seed: 7 + 2 ** 40 });
      expect(high.tokenIds).not.toEqual(low.tokenIds);
    });

    it.each([
      ['topK 1', { topK: 1 }],
      ['minP 1', { minP: 1 }],
      ['a tiny topP', { topP: 1e-6 }],
    ])('with %s is greedy at any temperature', async (_what, truncation) => {
      const greedy = await ask();
      const truncated = await ask({ temperature: 1.5, seed: 5, ...truncation });
      expect(truncated.tokenIds).toEqual(greedy.tokenIds);
    });

    it('does what a bias says', async () => {
      const [likely] = (await ask()).tokenIds;
      const forced = await ask({ logitBias: [[first, 100]] });
      const forbidden = await ask({ logitBias: [[likely ?? 0, -100]] });
      expect(new Set(forced.tokenIds)).toEqual(new Set([first]));
      expect(forbidden.tokenIds).not.toContain(likely);
    });

    /** How much likelier the first word is than the second, as log odds, once `resume` was said. */
    const odds = async (resume: number[], sampling: Request['sampling']): Promise<number> => {
      const logitBias: [number, number][] = [
        [first, 20],
        [second, 20],
      ];
      const answer = await worker().ask({
        input: story,
        maxTokens: resume.length + 1,
        resume,
        topLogprobs: 20,
        sampling: { logitBias, ...sampling },
      });
      const known = new Map(answer.logprobs[0]?.top.map(({ tokenId, logprob }) => [tokenId, logprob]));
      return (known.get(first) ?? Number.NaN) - (known.get(second) ?? Number.NaN);
    };

    it.each([
      ['presence', { presencePenalty: 1.5 }, 1.5],
      ['frequency', { frequencyPenalty: 0.75 }, 2 * 0.75],
    ])(
      'subtracts the %s penalty from what the answer has said, resumed tokens included',
      async (_what, penalty, by) => {
        const said = [first, first];
        const difference = (await odds(said, {})) - (await odds(said, penalty));
        expect(difference).toBeCloseTo(by, 1);
      },
    );

    it('makes what was said less likely by the repetition penalty', async () => {
      expect(await odds([first], { repetitionPenalty: 1.3 })).toBeLessThan((await odds([first], {})) - 0.5);
    });
  });

  describe('logprobs', () => {
    it('are the model’s own, sorted, and hold the greedy token first', async () => {
      const answer = await worker().ask({ ...going, maxTokens: 6, topLogprobs: 5 });
      expect(answer.logprobs.map(({ tokenId }) => tokenId)).toEqual(answer.tokenIds);
      for (const { tokenId, logprob, top } of answer.logprobs) {
        expect(top).toHaveLength(5);
        expect(top[0]).toMatchObject({ tokenId });
        expect(top[0]?.logprob).toBeCloseTo(logprob, 4);
        expect(top.map((entry) => entry.logprob)).toEqual(top.map((entry) => entry.logprob).sort((a, b) => b - a));
        const mass = top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0);
        expect(mass).toBeLessThanOrEqual(1.001);
        expect(mass).toBeGreaterThan(0.05);
      }
      expect(answer.logprobs.map(({ text }) => text).join('')).toBe(answer.text);
    });

    it('do not change with temperature and truncation, and follow a sampled token', async () => {
      const plain = await worker().ask({ input: story, maxTokens: 1, topLogprobs: 20 });
      const hot = await worker().ask({
        input: story,
        maxTokens: 1,
        topLogprobs: 20,
        sampling: { temperature: 2, topK: 3, seed: 11 },
      });
      const known = new Map(plain.logprobs[0]?.top.map(({ tokenId, logprob }) => [tokenId, logprob]));
      const sampled = hot.logprobs[0];
      expect(sampled?.tokenId).toBe(hot.tokenIds[0]);
      expect(sampled?.logprob).toBeCloseTo(known.get(sampled?.tokenId ?? -1) ?? Number.NaN, 2);
    });

    it('may come without alternatives, and come only when asked for', async () => {
      const bare = await worker().ask({ ...going, maxTokens: 2, topLogprobs: 0 });
      expect(bare.logprobs.map(({ top }) => top)).toEqual([[], []]);
      const none = await worker().ask({ ...going, maxTokens: 2 });
      for (const frame of none.frames) {
        if (frame.type === 'step') for (const delta of frame.deltas) expect(delta.logprobs).toBeUndefined();
      }
    });
  });
}
