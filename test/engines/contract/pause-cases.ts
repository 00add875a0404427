// Pause and continue, and prompts that come together: what an answer costs and says must not change.
import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../../../src/ipc/index.ts';
import { endOf } from './answer-cases.ts';
import { tokensOf } from './models.ts';
import type { ContractSetting } from './setting.ts';

export function pauseCases({ worker, ready, program }: ContractSetting): void {
  const { chat, noEnd, ordinary } = program.facts;
  const { longAnswerTokens } = program.expectations;
  const answering = { input: chat, maxTokens: longAnswerTokens, sampling: { logitBias: noEnd } };
  const seen = async (id: string, what: (frame: FromWorker) => boolean, count = 1): Promise<void> => {
    await worker().until(() => worker().framesOf(id).filter(what)[count - 1], `frame ${count} of ${id}`);
  };
  /** Digits to the end: as many as the longest answer has tokens, or more where one token is several. */
  const digits = { kind: 'regex', pattern: `[0-9]{${longAnswerTokens * 3}}` } as const;
  const pause = async (id: string): Promise<void> => {
    worker().channel.send({ type: 'pause', id });
    await seen(id, ({ type }) => type === 'paused');
  };

  describe('a pause', () => {
    it.each([
      ['', answering],
      [' of a form', { ...answering, constraint: { form: digits, after: null } }],
    ])('in an answer%s keeps it, word for word, while another is given', async (_, answering) => {
      expect(ready().pausable).toBeGreaterThan(0);
      const undisturbed = await worker().ask(answering);
      const id = worker().start(answering);
      await seen(id, ({ type }) => type === 'step', 3);
      await pause(id);
      const frames = worker().framesOf(id);
      await worker().ask({ input: { kind: 'tokens', tokenIds: [ordinary.first] }, maxTokens: 3 });
      expect(worker().framesOf(id)).toEqual(frames);
      worker().channel.send({ type: 'continue', id });
      const answer = await worker().answer(id);
      expect(answer.text).toBe(undisturbed.text);
      if ('constraint' in answering) expect(answer.text).toMatch(/^[0-9]+$/);
      expect(endOf(answer).usage.completionTokens).toBe(longAnswerTokens);
      // Not one token of the prompt was computed again.
      expect(answer.frames.slice(frames.length).some(({ type }) => type === 'prefill-progress')).toBe(false);
    });

    it('in a prefill goes on with the rest of the prompt', async () => {
      const input = tokensOf(program.facts, program.expectations.longPromptTokens / 2, 31);
      const id = worker().start({ input, maxTokens: 1 });
      await seen(id, (frame) => frame.type === 'prefill-progress' && frame.processed > frame.cached);
      await pause(id);
      await worker().ask({ input: { kind: 'tokens', tokenIds: [ordinary.first] }, maxTokens: 1 });
      worker().channel.send({ type: 'continue', id });
      const { progress } = await worker().answer(id);
      const reached = progress.map(({ processed }) => processed);
      expect(reached).toEqual([...new Set(reached)].sort((one, other) => one - other));
      expect(reached.at(-1)).toBe(input.tokenIds.length);
    });

    it('ends with a cancel, and the cells serve the next prompt', async () => {
      const input = tokensOf(program.facts, 40, 57);
      const id = worker().start({ input, maxTokens: 600, sampling: { logitBias: noEnd } });
      await seen(id, ({ type }) => type === 'step', 2);
      await pause(id);
      worker().channel.send({ type: 'cancel', id });
      expect(endOf(await worker().answer(id)).finishReason).toBe('cancelled');
      const next = await worker().ask({ input, maxTokens: 1 });
      expect(endOf(next).usage.cachedTokens).toBe(39);
    });
  });

  it('prompts that come together compute what they begin with once, also for an answer of a form', async () => {
    const { tokenIds: beginning } = tokensOf(program.facts, 100, 71);
    const ids = [1, 2, 3, 4].map((own) =>
      worker().start({
        input: { kind: 'tokens', tokenIds: [...beginning, ordinary.first + own, ordinary.first + own * 2] },
        maxTokens: 2,
        ...(own === 3 ? { constraint: { form: { kind: 'choice', choices: ['0', '1'] }, after: null } } : {}),
      }),
    );
    const answers = await Promise.all(ids.map((id) => worker().answer(id)));
    const cached = answers.map((answer) => endOf(answer).usage.cachedTokens);
    expect(cached[0]).toBeLessThan(50);
    // A chunk's length may be missing, never more.
    for (const tokens of cached.slice(1)) expect(tokens).toBeGreaterThan(100 - 64);
    expect(['0', '1']).toContain(answers[2]!.text);
    for (const { progress } of answers) expect(progress.at(-1)?.processed).toBe(102);
  });
}
