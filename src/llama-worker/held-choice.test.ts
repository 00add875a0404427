import { describe, expect, it } from 'vitest';
import type { Form } from './form.ts';
import { type Draw, heldTo } from './held-choice.ts';
import type { Native } from './native.ts';

/** A form that allows these tokens; `draws` are what the samplers give in turn, `ranked` what they think best. */
function setUp(options: { allowed: number[]; draws: number[]; ranked?: number[]; temperature: number }) {
  const accepted: number[] = [];
  const form: Form = {
    bannedTokens: new Uint32Array(0),
    allows: (token) => options.allowed.includes(token),
    accept: (token) => void accepted.push(token),
    forbidden: () => Uint32Array.of(99),
  };
  const drawn: { attempt: number; masked: boolean }[] = [];
  const draw: Draw = (_logit, _position, adjusted, attempt) => {
    drawn.push({ attempt, masked: adjusted.tokenBiasKeys?.includes(99) === true });
    return Promise.resolve(options.draws[drawn.length - 1]!);
  };
  const sorted = (options.ranked ?? []).flatMap((token, rank) => [token, -rank]);
  const native = {
    context: { sampleToken: () => Promise.resolve([0, undefined, undefined, sorted, undefined]) },
  } as unknown as Native;
  const createSampler = () => ({ applyConfig: () => undefined, dispose: () => undefined });
  const choose = heldTo(form, { native, sampling: { temperature: options.temperature }, createSampler, draw });
  return { accepted, drawn, choose: () => choose(0, 7, {}) };
}

describe('a choice held to a form', () => {
  it('is the first draw where the form allows it', async () => {
    const { choose, drawn, accepted } = setUp({ allowed: [5], draws: [5], temperature: 1 });
    expect(await choose()).toBe(5);
    expect(drawn).toEqual([{ attempt: 0, masked: false }]);
    expect(accepted).toEqual([5]);
  });

  it('is drawn again, each time anew, and masked only at last', async () => {
    const { choose, drawn, accepted } = setUp({ allowed: [5], draws: [1, 2, 3, 4, 5], temperature: 1 });
    expect(await choose()).toBe(5);
    expect(drawn.map(({ attempt, masked }) => `${attempt} ${masked}`)).toEqual([
      '0 false',
      '1 false',
      '2 false',
      '3 false',
      '4 true',
    ]);
    expect(accepted).toEqual([5]);
  });

  it('is greedily the best that the form allows', async () => {
    const { choose, drawn } = setUp({ allowed: [3, 4], draws: [1], ranked: [1, 2, 4, 3], temperature: 0 });
    expect(await choose()).toBe(4);
    expect(drawn).toHaveLength(1);
  });

  it('is masked greedily where none of the best is allowed', async () => {
    const { choose, drawn } = setUp({ allowed: [9], draws: [1, 9], ranked: [1, 2], temperature: 0 });
    expect(await choose()).toBe(9);
    expect(drawn.at(-1)).toEqual({ attempt: 1, masked: true });
  });

  it('fails rather than hand out what the form forbids', async () => {
    const { choose, accepted } = setUp({ allowed: [], draws: [1, 2], temperature: 0 });
    await expect(choose()).rejects.toThrow('fits the form');
    expect(accepted).toEqual([]);
  });
});
