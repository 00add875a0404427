// The prompt itself: text that looks like special tokens, logprobs of its tokens; and when an answer to it may end.
import { describe, expect, it } from 'vitest';
import type { Generate } from '../worker-client.ts';
import { endOf } from './answer-cases.ts';
import type { ContractSetting } from './setting.ts';

const markers = ['<|im_end|>', '<|endoftext|>', '</s>', '<image>', '<|vision_start|>', '[INST]', '<start_of_turn>'];
const usualEnding = { minTokens: 0, ignoreEnd: false, stopTokenIds: [] };

export function promptCases({ worker, program }: ContractSetting): void {
  const { chat, comma, noEnd, words, vocabularySize } = program.facts;
  const text: Generate['input'] = { kind: 'text', text: 'Count: one, two, three,' };
  const ends = noEnd.map(([tokenId]) => tokenId);
  const promptTokens = async (content: string): Promise<number> => {
    const input = { kind: 'chat' as const, messages: [{ role: 'user', content }] };
    return endOf(await worker().ask({ input, maxTokens: 0 })).usage.promptTokens;
  };

  describe('a special token in what a client wrote', () => {
    it('is text, whichever it is: at least two tokens, and no end of a turn', async () => {
      const plain = await promptTokens(markers.map(() => 'one , two').join('\n'));
      const marked = await promptTokens(markers.map((marker) => `one ${marker}, two`).join('\n'));
      expect(marked).toBeGreaterThanOrEqual(plain + 2 * markers.length);
    });
  });

  describe('logprobs of a prompt', () => {
    it('are those that its tokens would be sampled with, and need no answer', async () => {
      const tokenIds = [words[0], comma, words[1], comma, words[0], comma];
      const scored = await worker().ask({ input: { kind: 'tokens', tokenIds }, maxTokens: 0, promptLogprobs: 2 });
      const [frame, ...others] = scored.frames.filter((one) => one.type === 'prompt-logprobs');
      expect(others).toEqual([]);
      expect(frame!.entries.map(({ tokenId }) => tokenId)).toEqual(tokenIds);
      expect(frame!.entries[0]).toMatchObject({ logprob: null, top: [] });
      expect(endOf(scored)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 0 } });
      const ending = { ...usualEnding, ignoreEnd: true };
      for (const place of [1, 3, 5]) {
        const input = { kind: 'tokens' as const, tokenIds: tokenIds.slice(0, place) };
        const { logprobs } = await worker().ask({ input, maxTokens: 1, topLogprobs: 2, ending });
        const entry = frame!.entries[place]!;
        expect(entry.top.map(({ tokenId }) => tokenId)).toEqual(logprobs[0]!.top.map(({ tokenId }) => tokenId));
        for (const [rank, { logprob }] of entry.top.entries()) {
          expect(logprob).toBeCloseTo(logprobs[0]!.top[rank]!.logprob, 1);
        }
        expect(entry.logprob).toBeLessThanOrEqual(entry.top[0]!.logprob + 1e-6);
      }
    });

    it('of many chunks are complete, and the answer goes on as without them', async () => {
      const length = Math.min(130, Math.floor(program.expectations.longPromptTokens / 8));
      const tokenIds = Array.from({ length }, (_, index) => words[index % 2]!);
      const input = { kind: 'tokens' as const, tokenIds };
      const plain = await worker().ask({ input, maxTokens: 3 });
      const scored = await worker().ask({ input, maxTokens: 3, promptLogprobs: 0 });
      const entries = scored.frames.flatMap((one) => (one.type === 'prompt-logprobs' ? one.entries : []));
      expect(entries).toHaveLength(length);
      expect(entries.slice(1).every(({ logprob }) => logprob !== null && logprob <= 0)).toBe(true);
      expect(scored.tokenIds).toHaveLength(plain.tokenIds.length);
      expect(endOf(scored).usage.cachedTokens).toBe(0);
    });
  });

  describe('an answer', () => {
    it('goes on to its least length, whatever would end it', async () => {
      const wanted = {
        input: text,
        maxTokens: 12,
        sampling: { logitBias: [[ends.at(-1)!, 100]] as [number, number][] },
      };
      expect((await worker().ask(wanted)).tokenIds).toHaveLength(0);
      const longer = await worker().ask({ ...wanted, ending: { ...usualEnding, minTokens: 6 } });
      expect(longer.tokenIds).toHaveLength(6);
      expect(endOf(longer).finishReason).toBe('stop');
    });

    it('that ignores its end goes on to the limit', async () => {
      const answer = await worker().ask({
        input: text,
        maxTokens: 4,
        sampling: { logitBias: [[ends.at(-1)!, 100]] },
        ending: { ...usualEnding, ignoreEnd: true },
      });
      expect(answer.tokenIds).toEqual(Array.from({ length: 4 }, () => ends.at(-1)));
      expect(endOf(answer).finishReason).toBe('length');
    });

    it('ends at a stop token, which is no part of it', async () => {
      const free = await worker().ask({ input: chat });
      const stop = free.tokenIds[3]!;
      const cut = await worker().ask({ input: chat, ending: { ...usualEnding, stopTokenIds: [stop] } });
      expect(cut.tokenIds).toEqual(free.tokenIds.slice(0, free.tokenIds.indexOf(stop)));
      expect(endOf(cut)).toMatchObject({ finishReason: 'stop', stopSequence: null });
    });

    it('with a stop token beyond the vocabulary is refused', async () => {
      const answer = await worker().ask({ input: chat, ending: { ...usualEnding, stopTokenIds: [vocabularySize] } });
      expect(answer.end).toMatchObject({ type: 'error', code: 'invalid_request', param: 'stop_token_ids' });
    });
  });
}
