import { expect, it } from 'vitest';
import type { StepDelta } from '../ipc/index.ts';
import type { Drafter } from './drafter.ts';
import type { NativeContext } from './native.ts';
import type { Sequence } from './sequence.ts';
import { mergeDeltas, speculate } from './speculative-step.ts';

/** Behind a prompt of 3 tokens and one of the answer, a draft proposes and the model samples what is given here. */
async function step(proposed: readonly number[], sampled: readonly (number | 'end' | 'failure')[], maxTokens = 20) {
  const tokens = Uint32Array.from({ length: 40 }, (_, index) => (index < 4 ? 100 + index : 0));
  const state: Partial<Sequence> = { tokens, length: 4, promptLength: 3, evaluated: 3, maxTokens, ending: null };
  const sequence = Object.assign(state, { cancelled: false, place: { slot: { id: 7 } } }) as unknown as Sequence;
  const calls: string[] = [];
  const context: Partial<NativeContext> = {
    initBatch: (count) => void calls.push(`batch of ${count}`),
    addToBatch: (id, from, batch, logits) => {
      calls.push(`${id} from ${from}: ${[...batch].join(' ')}`);
      return logits;
    },
    decodeBatch: () => Promise.resolve(),
    removeTokenCellsFromSequence: (id, from) => {
      calls.push(`${id} cut to ${from}`);
      return true;
    },
  };
  let asked = 0;
  const drafter: Partial<Drafter> = {
    propose: (_, most) => {
      asked = most;
      return Promise.resolve(proposed.slice(0, most));
    },
    note: ({ accepted }) => void calls.push(`${accepted} accepted`),
  };
  const deltas = await speculate(sequence, {
    drafter: drafter as Drafter,
    context: context as NativeContext,
    sample: (each, logit) => {
      const token = sampled[logit]!;
      if (token === 'failure') each.place = null;
      if (token === 'end') each.ending = { reason: 'stop', stopSequence: null };
      if (typeof token !== 'number') return Promise.resolve(null);
      each.tokens[each.length] = token;
      each.length += 1;
      return Promise.resolve({ id: 'a', tokenIds: [token], text: `${token} ` });
    },
  });
  return { said: mergeDeltas(deltas)?.tokenIds ?? [], calls, asked, evaluated: sequence.evaluated };
}

it('what the draft got right counts, and the token behind it', async () => {
  const { said, calls, evaluated } = await step([5, 6, 7], [5, 6, 7, 8]);
  expect(said).toEqual([5, 6, 7, 8]);
  expect(calls).toEqual(['batch of 4', '7 from 3: 103 5 6 7', '7 cut to 7', '3 accepted']);
  expect(evaluated).toBe(7);
});

it('from the first token that the draft got wrong on, nothing is taken and no cell is left', async () => {
  const { said, calls, evaluated } = await step([5, 6, 7], [5, 9, 7, 8]);
  expect(said).toEqual([5, 9]);
  expect(calls.slice(-2)).toEqual(['7 cut to 5', '1 accepted']);
  expect(evaluated).toBe(5);
});

it('an answer that ends in between ends there', async () => {
  const { said, calls } = await step([5, 6, 7], [5, 'end', 7, 8]);
  expect(said).toEqual([5]);
  expect(calls).toContain('7 cut to 5');
});

it('a sequence that fails leaves no cells behind that its slot does not know of', async () => {
  expect((await step([5, 6], ['failure', 6, 7])).calls).toContain('7 cut to 4');
});

it('no more is proposed than the answer may still have behind the next token', async () => {
  expect((await step([5, 6, 7], [5, 6, 7, 8], 4)).asked).toBe(2);
  expect(await step([5], [5, 6], 2)).toMatchObject({ asked: 0, said: [], calls: [] });
});

it('deltas become one, logprobs in order', () => {
  const delta = (token: number): StepDelta => ({
    id: 'a',
    tokenIds: [token],
    text: `${token}`,
    logprobs: [{ tokenId: token, text: '', logprob: -1, top: [] }],
  });
  expect(mergeDeltas([delta(1), delta(2)])).toMatchObject({
    tokenIds: [1, 2],
    text: '12',
    logprobs: [{ tokenId: 1 }, { tokenId: 2 }],
  });
  expect(mergeDeltas([])).toBeNull();
});
