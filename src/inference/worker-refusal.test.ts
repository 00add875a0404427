import { describe, expect, it } from 'vitest';
import { ServerError } from '../core/index.ts';
import { asClientHears } from './worker-refusal.ts';

const form = { kind: 'regex', pattern: 'a' } as const;
const refused = (param: string | undefined) => new ServerError('invalid_request', 'No.', { param });
const whole = { contextLength: 4096, ownContextLength: null };
const fromClient = { form, after: null, param: 'guided_regex' };
const fromTools = { form, after: null, param: 'tools', tagParams: ['tools[0].input_schema', 'tools[2].input_schema'] };

describe('a refused form', () => {
  it.each([
    ['constraint', fromClient, 'guided_regex'],
    ['constraint', fromTools, 'tools'],
    ['constraint.form.tags[1]', fromTools, 'tools[2].input_schema'],
    ['constraint.form.tags[9]', fromTools, 'tools'],
    ['logit_bias', fromClient, 'logit_bias'],
    [undefined, fromClient, null],
    ['constraint', undefined, 'constraint'],
  ])('that a worker calls %s has the name that its client gave it', (param, constraint, expected) => {
    expect(asClientHears(refused(param), { ...whole, constraint })).toMatchObject({ message: 'No.', param: expected });
  });

  it('is nothing else that went wrong', () => {
    const lost = new Error('lost');
    expect(asClientHears(lost, { ...whole, constraint: fromClient })).toBe(lost);
  });
});

describe('a prompt beyond the context', () => {
  const tooLong = new ServerError('context_length_exceeded', 'It is too long.', { param: 'messages' });

  it('of a worker whose context was cut names what the model was made for, and how to have it', () => {
    const cut = { constraint: undefined, contextLength: 4352, ownContextLength: 8192 };
    expect(asClientHears(tooLong, cut)).toMatchObject({
      code: 'context_length_exceeded',
      param: 'messages',
      message: expect.stringMatching(/^It is too long\. .* 8192: context_length in the configuration/),
    });
  });

  it.each([null, 4096])('of a model made for %s is refused as it is', (ownContextLength) => {
    const full = { constraint: undefined, contextLength: 4096, ownContextLength };
    expect(asClientHears(tooLong, full)).toBe(tooLong);
  });
});
