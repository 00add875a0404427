// One request at a time: the frames of an answer, its text, stop strings, the second turn, resuming.
import { describe, expect, it } from 'vitest';
import { protocolVersion } from '../../../src/ipc/index.ts';
import type { Answer, End } from '../worker-client.ts';
import { type ContractSetting, contextLength } from './setting.ts';

const counting = { kind: 'text' as const, text: 'Count: one, two, three,' };

export function endOf(answer: Answer): End {
  if (answer.end.type === 'error') throw new Error(`${answer.end.code}: ${answer.end.message}`);
  return answer.end;
}

export function answerCases({ worker, ready, program }: ContractSetting): void {
  const { chat, answer: known, insideAnswer, nextQuestion, noEnd, smiley, vocabularySize } = program.facts;
  const [first = 0, last = 0] = [smiley[0], smiley.at(-1)];
  const going = { input: counting, sampling: { logitBias: noEnd } };

  describe('an answer', () => {
    it('is announced by ready, with what will be enforced', () => {
      expect(ready()).toMatchObject({ protocol: protocolVersion, vocabularySize });
      expect(ready().contextLength).toBeLessThanOrEqual(contextLength);
      expect(ready().memoryBytes).toBeGreaterThan(1e6);
    });

    it('knows what it was asked', async () => {
      const answer = await worker().ask({ input: chat });
      expect(answer.text).toContain(known);
      expect(endOf(answer)).toMatchObject({ finishReason: 'stop', stopSequence: null });
    });

    it('begins with progress, goes on with steps and ends with usage that counts them', async () => {
      const answer = await worker().ask({ ...going, maxTokens: 8 });
      const order = answer.frames.map(({ type }) => type).join(' ');
      expect(order).toMatch(/^prefill-progress( prefill-progress)*( step)+ end$/);
      const [first] = answer.progress;
      const last = answer.progress.at(-1);
      expect(first?.processed).toBe(first?.cached);
      expect(last?.processed).toBe(last?.total);
      expect(answer.tokenIds).toHaveLength(8);
      expect(endOf(answer)).toMatchObject({
        finishReason: 'length',
        usage: { promptTokens: first?.total, cachedTokens: first?.cached, completionTokens: 8 },
      });
    });

    it('is the same from text and from the tokens it becomes', async () => {
      const first = await worker().ask({ ...going, maxTokens: 4 });
      const second = await worker().ask({
        input: { kind: 'tokens', tokenIds: [...first.tokenIds, ...first.tokenIds] },
        maxTokens: 1,
      });
      expect(endOf(second).usage.promptTokens).toBe(8);
    });

    it('stops before a stop string, of which nothing leaks, and names it', async () => {
      const whole = await worker().ask({ input: chat });
      const stop = ['never said', insideAnswer];
      const cut = await worker().ask({ input: chat, stop });
      expect(whole.text).toContain(insideAnswer);
      expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(insideAnswer)));
      expect(endOf(cut)).toMatchObject({ finishReason: 'stop', stopSequence: insideAnswer });
      expect(cut.tokenIds.length).toBeLessThan(whole.tokenIds.length);
    });

    it('hands out held-back text when no stop string came of it', async () => {
      const whole = await worker().ask({ input: chat });
      const held = await worker().ask({ input: chat, stop: [`${whole.text} never`] });
      expect(held.text).toBe(whole.text);
      expect(held.end).toMatchObject({ finishReason: 'stop', stopSequence: null });
    });

    it('never cuts a character in two', async () => {
      const answer = await worker().ask({
        input: counting,
        resume: smiley.slice(0, -1),
        maxTokens: smiley.length,
        sampling: { logitBias: [[last, 100]] },
      });
      expect(answer.tokenIds).toEqual([last]);
      expect(answer.text).toBe('😀');
    });

    it('holds a character back until it is whole', async () => {
      const answer = await worker().ask({
        input: counting,
        maxTokens: 2,
        sampling: { logitBias: [[first, 100]] },
      });
      const texts = answer.frames
        .flatMap((frame) => (frame.type === 'step' ? frame.deltas : []))
        .map(({ text }) => text);
      expect(texts[0]).toBe('');
      expect(answer.text).not.toContain('😀');
    });

    it('prefills only what a second turn adds', async () => {
      const first = await worker().ask({ input: chat });
      const second = await worker().ask({
        input: {
          kind: 'chat',
          messages: [
            ...chat.messages,
            { role: 'assistant', content: first.text },
            { role: 'user', content: nextQuestion },
          ],
        },
      });
      const { cachedTokens, promptTokens } = endOf(second).usage;
      expect(cachedTokens).toBeGreaterThanOrEqual(endOf(first).usage.promptTokens);
      expect(cachedTokens).toBeLessThan(promptTokens);
    });

    it.each([
      ['greedy', { temperature: 0 }],
      ['random', { temperature: 0.8, topP: 0.95, seed: 2 ** 53 - 1 }],
    ])('goes on behind resumed tokens as if nothing had happened (%s)', async (_what, sampling) => {
      const request = { ...going, maxTokens: 40, sampling: { ...going.sampling, ...sampling }, stop: ['no such text'] };
      const whole = await worker().ask(request);
      const resumed = whole.tokenIds.slice(0, 15);
      const rest = await worker().ask({ ...request, resume: resumed });
      const already = whole.frames
        .flatMap((frame) => (frame.type === 'step' ? frame.deltas : []))
        .slice(0, resumed.length)
        .map(({ text }) => text)
        .join('');
      if (program.expectations.exactResume) {
        expect(already + rest.text).toBe(whole.text);
        expect([...resumed, ...rest.tokenIds]).toEqual(whole.tokenIds);
        expect(endOf(rest).usage).toMatchObject({ completionTokens: whole.tokenIds.length });
      } else {
        const agreeing = rest.tokenIds.findIndex((tokenId, index) => tokenId !== whole.tokenIds[15 + index]);
        const same = agreeing === -1 ? rest.tokenIds.length : agreeing;
        const shared = whole.frames
          .flatMap((frame) => (frame.type === 'step' ? frame.deltas : []))
          .slice(15, 15 + same)
          .map(({ text }) => text)
          .join('');
        expect(rest.text.startsWith(shared)).toBe(true);
        expect(same).toBeGreaterThan(0);
      }
      expect(rest.progress.at(-1)).toMatchObject({ total: whole.progress.at(-1)?.total });
      expect(endOf(rest).usage.completionTokens).toBe(resumed.length + rest.tokenIds.length);
    });

    it('ends at once when the resumed tokens complete it', async () => {
      const whole = await worker().ask({ ...going, maxTokens: 6 });
      const rest = await worker().ask({ ...going, maxTokens: 6, resume: [...whole.tokenIds] });
      expect(rest.text).toBe('');
      expect(endOf(rest)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 6 } });
    });
  });
}
