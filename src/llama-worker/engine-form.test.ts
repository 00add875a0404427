import { describe, expect, it } from 'vitest';
import { request, setUp, stepsOf } from '../../test/fixtures/workers/llama-engine.ts';
import { ServerError } from '../core/index.ts';
import type { Form } from './form.ts';

const constraint = { form: { kind: 'regex', pattern: 'a' }, after: null } as const;
const anything: Form = {
  allows: () => true,
  accept: () => undefined,
  bannedTokens: new Uint32Array(0),
  forbidden: () => new Uint32Array(0),
};

/** An engine whose forms are compiled when the test says so. */
function setUpForms() {
  const compiling: { settle: (form: Form) => void; fail: (error: Error) => void }[] = [];
  const forms = {
    formOf: () => new Promise<Form>((settle, fail) => compiling.push({ settle, fail })),
  };
  return { ...setUp({ forms, sequences: 2 }), compiling };
}

describe('a request whose form is being compiled', () => {
  it('keeps no other from its steps, and joins them when the form is there', async () => {
    const { engine, compiling, framesOf, ended } = setUpForms();
    engine.submit(request('held', [1, 2], { constraint }));
    engine.submit(request('free', [3, 4], { maxTokens: 20 }));
    await ended('free');
    expect(stepsOf(framesOf('free'))).toBe(20);
    expect(framesOf('held')).toEqual([]);
    compiling[0]?.settle(anything);
    await ended('held');
    expect(framesOf('held').at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 3 } });
  });

  it('is refused alone where it cannot be held to', async () => {
    const { engine, compiling, framesOf, ended } = setUpForms();
    engine.submit(request('held', [1, 2], { constraint }));
    engine.submit(request('free', [3, 4]));
    const refused = ended('held');
    compiling[0]?.fail(new ServerError('invalid_request', 'No.', { param: 'constraint' }));
    await Promise.all([refused, ended('free')]);
    expect(framesOf('held')).toMatchObject([{ type: 'error', code: 'invalid_request', message: 'No.' }]);
    expect(framesOf('free').at(-1)).toMatchObject({ type: 'end' });
  });

  it('is ended by a cancel, whatever comes of the form then', async () => {
    const { engine, compiling, framesOf } = setUpForms();
    for (const id of ['a', 'b']) engine.submit(request(id, [1, 2], { constraint }));
    engine.cancel('a');
    engine.cancel('b');
    compiling[0]?.settle(anything);
    compiling[1]?.fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    for (const id of ['a', 'b']) expect(framesOf(id)).toMatchObject([{ type: 'end', finishReason: 'cancelled' }]);
  });

  it('cannot be paused before it runs, and ends with the engine', async () => {
    const { engine, framesOf } = setUpForms();
    engine.submit(request('a', [1, 2], { constraint }));
    engine.pause('a');
    expect(framesOf('a')).toEqual([]);
    await engine.stop();
    expect(framesOf('a')).toMatchObject([{ type: 'end', finishReason: 'cancelled' }]);
  });

  it('whose answer is complete already needs none', async () => {
    const { engine, compiling, framesOf, ended } = setUpForms();
    engine.submit(request('a', [1, 2], { constraint, maxTokens: 2, resume: [8, 9] }));
    await ended('a');
    expect(compiling).toEqual([]);
    expect(framesOf('a').at(-1)).toMatchObject({ finishReason: 'length' });
  });
});

describe('a form that cannot be followed any further', () => {
  it('fails its own request in mid-answer and no other', async () => {
    const { engine, compiling, framesOf, ended } = setUpForms();
    let allowed = 0;
    const allows = (): boolean => {
      allowed += 1;
      if (allowed > 4) throw new ServerError('invalid_request', 'Too ambiguous.', { param: 'constraint' });
      return true;
    };
    engine.submit(request('held', [1, 2], { constraint, maxTokens: 20 }));
    engine.submit(request('free', [3, 4], { maxTokens: 20 }));
    compiling[0]?.settle({ ...anything, allows });
    await Promise.all([ended('held'), ended('free')]);
    expect(framesOf('held').at(-1)).toMatchObject({
      type: 'error',
      code: 'invalid_request',
      message: 'Too ambiguous.',
    });
    expect(stepsOf(framesOf('free'))).toBe(20);
  });
});
