// Several requests at once: batching, cancelling, and a reader that answers while the engine works.
import { describe, expect, it } from 'vitest';
import type { Progress } from '../worker-client.ts';
import { endOf } from './answer-cases.ts';
import { tokensOf } from './models.ts';
import type { ContractSetting } from './setting.ts';

const promptMs = 400;

export function batchCases({ worker, program }: ContractSetting): void {
  const { chat, noEnd, ordinary } = program.facts;
  const long = (seed: number) => tokensOf(program.facts, program.expectations.longPromptTokens, seed);
  const firstProgress = async (id: string): Promise<Progress> =>
    await worker().until(
      () =>
        worker()
          .framesOf(id)
          .find((frame): frame is Progress => frame.type === 'prefill-progress' && frame.processed > frame.cached),
      `progress of ${id}`,
    );

  describe('a batch', () => {
    it('of eight advances in one step frame per engine step', async () => {
      const before = worker().frames.length;
      const ids = Array.from({ length: 8 }, (_, index) =>
        worker().start({
          input: { kind: 'text', text: `Number ${index} is` },
          maxTokens: 24,
          sampling: { logitBias: noEnd },
        }),
      );
      const answers = await Promise.all(ids.map((id) => worker().answer(id)));
      for (const answer of answers) expect(answer.tokenIds).toHaveLength(24);
      const steps = worker()
        .frames.slice(before)
        .flatMap(({ frame }) => (frame.type === 'step' ? [frame] : []));
      expect(Math.max(...steps.map(({ deltas }) => deltas.length))).toBe(8);
      // 24 steps, and a few while the eight were joining.
      expect(steps.length).toBeLessThanOrEqual(24 + 10);
      for (const { deltas } of steps) expect(new Set(deltas.map(({ id }) => id)).size).toBe(deltas.length);
    });

    it('answers a ping while it works', async () => {
      const id = worker().start({ input: long(1), maxTokens: 1 });
      await worker().until(() => worker().framesOf(id)[0], `first frame of ${id}`);
      expect(await worker().ping(41)).toBeLessThan(program.expectations.pingMs);
      worker().channel.send({ type: 'cancel', id });
      expect(endOf(await worker().answer(id)).finishReason).toBe('cancelled');
    });

    it('goes on with running answers between the chunks of a long prompt', async () => {
      const running = worker().start({ input: chat, maxTokens: 60, sampling: { logitBias: noEnd } });
      await worker().until(
        () =>
          worker()
            .framesOf(running)
            .find(({ type }) => type === 'step'),
        'a step',
      );
      const joining = worker().start({ input: long(2), maxTokens: 1 });
      await worker().answer(joining);
      const frames = worker().frames.map(({ frame }) => frame);
      const progress = frames.flatMap((frame, index) =>
        frame.type === 'prefill-progress' && frame.id === joining ? [index] : [],
      );
      const steps = frames
        .slice(progress[0], progress.at(-1))
        .filter((frame) => frame.type === 'step' && frame.deltas.some(({ id }) => id === running));
      expect(steps.length).toBeGreaterThanOrEqual(2);
      worker().channel.send({ type: 'cancel', id: running });
      await worker().answer(running);
    });
  });

  describe('a cancel', () => {
    it('ends an answer within a step', async () => {
      const id = worker().start({ input: chat, maxTokens: 1000, sampling: { logitBias: noEnd } });
      await worker().until(
        () =>
          worker()
            .framesOf(id)
            .filter(({ type }) => type === 'step')[2],
        'three steps',
      );
      worker().channel.send({ type: 'cancel', id });
      const sentMs = performance.now();
      const answer = await worker().answer(id);
      expect(performance.now() - sentMs).toBeLessThan(promptMs);
      expect(endOf(answer)).toMatchObject({
        finishReason: 'cancelled',
        usage: { completionTokens: answer.tokenIds.length },
      });
    });

    it('frees the engine within a quarter of a long prefill', async () => {
      const whole = endOf(await worker().ask({ input: long(3), maxTokens: 1 })).timings.prefillMs;
      const id = worker().start({ input: long(4), maxTokens: 1 });
      await firstProgress(id);
      worker().channel.send({ type: 'cancel', id });
      const sentMs = performance.now();
      expect(endOf(await worker().answer(id)).finishReason).toBe('cancelled');
      const next = worker().start({ input: { kind: 'tokens', tokenIds: [ordinary.first] }, maxTokens: 1 });
      await worker().until(() => worker().framesOf(next)[0], 'the next request');
      expect(performance.now() - sentMs).toBeLessThan(0.25 * whole + 100);
      await worker().answer(next);
    });

    it('of an unknown or ended request is ignored', async () => {
      const { id } = await worker().ask({ input: chat, maxTokens: 2 });
      worker().channel.send({ type: 'cancel', id });
      worker().channel.send({ type: 'cancel', id: 'nobody' });
      const before = worker().frames.length;
      await worker().ping(42);
      expect(
        worker()
          .frames.slice(before)
          .filter(({ frame }) => frame.type !== 'pong'),
      ).toEqual([]);
    });
  });
}
