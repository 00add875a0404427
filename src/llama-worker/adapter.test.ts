import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loraGguf } from '../../test/fixtures/lora-gguf.ts';
import { checkTensors } from './adapter.ts';

const folder = mkdtempSync(join(tmpdir(), 'adapter-'));
afterAll(() => rmSync(folder, { recursive: true }));

const check = (options: Partial<Parameters<typeof loraGguf>[0]>): Promise<void> => {
  const path = join(folder, 'adapter.gguf');
  writeFileSync(
    path,
    loraGguf({ weights: ['blk.0.attn_q.weight'], width: 64, rank: 2, numberAt: () => 1, ...options }),
  );
  return checkTensors(path);
};

it.each([0, 1, 8, 30])('an adapter of tensors of type %i can be used', async (tensorType) => {
  await expect(check({ tensorType })).resolves.toBeUndefined();
});

it.each([
  ['integers', { tensorType: 26 }, 'of type I32'],
  ['a type that nobody knows', { tensorType: 4000 }, 'of type 4000'],
  ['nothing', { weights: [] }, 'no tensors'],
  ['an activation marker', { marker: [1, 2] }, 'waits for a marker'],
] as const)('an adapter of %s is refused', async (_what, options, reason) => {
  await expect(check(options)).rejects.toThrow(reason);
});
