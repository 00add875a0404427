import { expect, it } from 'vitest';
import { refuseTuning } from './refuse-tuning.ts';

it.each([
  ['kv_bits', { kvBits: 8 }],
  ['draft_model', { draftPath: '/small.gguf' }],
  ['adapter', { adapterPath: '/lora.gguf' }],
] as const)('a load that asks for %s is refused by that name', (name, tuning) => {
  expect(() => refuseTuning(tuning)).toThrow(name);
});

it('a load that asks for nothing of the kind is none of its business', () => {
  expect(() => refuseTuning({})).not.toThrow();
});
