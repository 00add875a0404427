import { expect, it } from 'vitest';
import { refuseTuning } from './refuse-tuning.ts';

it.each([
  ['draft_model', { purpose: 'embed', draftPath: '/small.gguf' }],
  ['kv_bits', { purpose: 'embed', kvBits: 8 }],
  ['adapter', { purpose: 'embed', adapterPath: '/lora.gguf' }],
] as const)('a load that asks for %s where that cannot be is refused by that name', (name, tuning) => {
  expect(() => refuseTuning(tuning)).toThrow(name);
});

it.each([{}, { kvBits: 8, adapterPath: '/lora.gguf', draftPath: '/small.gguf' }, { purpose: 'embed' }] as const)(
  'a load of %o is none of its business',
  (tuning) => {
    expect(() => refuseTuning(tuning)).not.toThrow();
  },
);
