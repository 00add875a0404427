import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createTokenHistogram } from './token-histogram.ts';

it('a histogram of tokens reads like one of prom-client that saw the same', async () => {
  const options = { name: 'x_seconds', help: 'X.', buckets: [0.1, 1, 10] };
  const [ours, theirs] = [new Registry(), new Registry()];
  const histogram = createTokenHistogram(ours, options);
  const reference = new Histogram({ ...options, labelNames: ['model'], registers: [theirs] });
  for (const [model, seconds] of [
    ['a/b', 0.1],
    ['a/b', 0.5],
    ['a/b', 11],
    ['c/"d"', 2],
  ] as const) {
    histogram.observe(model, seconds);
    reference.observe({ model }, seconds);
  }
  const lines = async (registry: Registry): Promise<string[]> =>
    (await registry.metrics())
      .split('\n')
      .map((line) => line.replace(/\{(.*)\}/, (_, labels) => `{${labels.split(',').sort()}}`));
  expect(await lines(ours)).toEqual(await lines(theirs));
});
