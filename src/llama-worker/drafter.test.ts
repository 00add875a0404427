import { expect, it } from 'vitest';
import type { DraftModel } from './draft-model.ts';
import { createDrafter } from './drafter.ts';
import type { NativeContext } from './native.ts';
import type { Sequence } from './sequence.ts';

/** A draft model that answers each token with the next number, and tells what it was made to read. */
function setUp(fail = false) {
  const read: string[] = [];
  let last = 0;
  const context = {
    initBatch: () => {},
    addToBatch: (_: number, from: number, tokens: Uint32Array) => {
      read.push(`${from}: ${[...tokens].join(' ')}`);
      last = tokens.at(-1) ?? 0;
      return Uint32Array.of(0);
    },
    decodeBatch: () => (fail ? Promise.reject(new Error('no memory')) : Promise.resolve()),
    removeTokenCellsFromSequence: (_: number, from: number) => {
      read.push(`cut to ${from}`);
      return true;
    },
    sampleToken: () => Promise.resolve(last + 1),
  } as unknown as NativeContext;
  const native = { context, createSampler: () => ({ applyConfig: () => {}, dispose: () => {} }) };
  const draft = { native, vocabularySize: 1000, contextLength: 64, chunkTokens: 4 } as unknown as DraftModel;
  const log: string[] = [];
  const drafter = createDrafter({ draft, vocabularySize: 100, log: (line) => log.push(line) });
  return { drafter, read, log };
}

const sequenceOf = (...known: number[]): Sequence =>
  ({
    tokens: Uint32Array.from([...known, ...Array.from({ length: 20 }, () => 0)]),
    length: known.length,
    promptLength: 1,
    request: { sampling: { temperature: 0, logitBias: [] } },
  }) as unknown as Sequence;

it('proposes what the draft model goes on with, and reads each token once', async () => {
  const { drafter, read } = setUp();
  expect(await drafter.propose(sequenceOf(1, 2, 3), 2)).toEqual([4, 5]);
  expect(await drafter.propose(sequenceOf(1, 2, 3, 4, 5, 6), 2)).toEqual([7, 8]);
  expect(read).toEqual(['0: 1 2 3', '3: 4', '4: 5 6', '6: 7']);
});

it('goes back to where the answer went another way', async () => {
  const { drafter, read } = setUp();
  await drafter.propose(sequenceOf(1, 2, 3), 3);
  expect(await drafter.propose(sequenceOf(1, 2, 3, 4, 50), 1)).toEqual([51]);
  expect(read.slice(-2)).toEqual(['cut to 4', '4: 50']);
});

it('reads a long prompt in chunks, one a step, and proposes nothing meanwhile', async () => {
  const { drafter, read } = setUp();
  const sequence = sequenceOf(1, 2, 3, 4, 5, 6);
  expect(await drafter.propose(sequence, 2)).toEqual([]);
  expect(await drafter.propose(sequence, 2)).toEqual([7, 8]);
  expect(read).toEqual(['0: 1 2 3 4', '4: 5 6', '6: 7']);
});

it('proposes no token that the model does not have, and nothing beyond its own context', async () => {
  const { drafter } = setUp();
  expect(await drafter.propose(sequenceOf(98), 4)).toEqual([99]);
  expect(await drafter.propose(sequenceOf(...Array.from({ length: 60 }, () => 1)), 4)).toEqual([]);
});

it('proposes more after a proposal that was taken whole, and less after another', async () => {
  const { drafter } = setUp();
  const sequence = sequenceOf(1);
  const lengths: number[] = [];
  for (const accepted of [4, 5, 1, 0]) {
    const { length: proposed } = await drafter.propose(sequence, 20);
    lengths.push(proposed);
    drafter.note({ accepted, proposed });
  }
  expect(lengths).toEqual([4, 5, 6, 2]);
});

it('is not asked again once it has failed', async () => {
  const { drafter, read, log } = setUp(true);
  expect(await drafter.propose(sequenceOf(1), 2)).toEqual([]);
  expect(await drafter.propose(sequenceOf(1), 2)).toEqual([]);
  expect(read).toHaveLength(1);
  expect(log).toEqual(['the draft model is not used any more: no memory']);
});
