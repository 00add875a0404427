import { describe, expect, it } from 'vitest';
import { ServerError } from '../core/index.ts';
import { asClientNamesIt } from './form-refusal.ts';

const form = { kind: 'regex', pattern: 'a' } as const;
const refused = (param: string | undefined) => new ServerError('invalid_request', 'No.', { param });
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
    expect(asClientNamesIt(refused(param), constraint)).toMatchObject({ message: 'No.', param: expected });
  });

  it('is nothing else that went wrong', () => {
    const lost = new Error('lost');
    expect(asClientNamesIt(lost, fromClient)).toBe(lost);
  });
});
