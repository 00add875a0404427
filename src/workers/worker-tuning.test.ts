import { describe, expect, it } from 'vitest';
import { tuningFields } from './worker-tuning.ts';

describe('the tuning of a worker', () => {
  it('leaves everything out of the load frame that is not asked for', async () => {
    expect(await tuningFields()).toEqual({});
    expect(await tuningFields({ kvBits: undefined, adapterPath: undefined, findDraft: undefined })).toEqual({});
  });

  it('names the draft model by where it is', async () => {
    const tuning = { kvBits: 4, adapterPath: '/a', findDraft: async () => '/small' } as const;
    expect(await tuningFields(tuning)).toEqual({ kvBits: 4, adapterPath: '/a', draftPath: '/small' });
  });

  it('fails as the search for the draft model does', async () => {
    await expect(tuningFields({ findDraft: () => Promise.reject(new Error('gone')) })).rejects.toThrow('gone');
  });
});
