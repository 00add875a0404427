import { describe, expect, it } from 'vitest';
import { type Constraint, ServerError } from '../core/index.ts';
import { createFormCompiler } from './form-compiler.ts';
import { grammarProgram } from './grammar-program.ts';
import { toTokenPiece } from './text-stream.ts';

const texts = ['', '<|call|>', '<|think|>', 'a', 'b', 'ab', '"', '{', '}', 'x', '<|', '\n', '"x":', '1', ' '];
const end = 0;
const controls = [1, 2];
const choice = (...choices: string[]): Constraint => ({ form: { kind: 'choice', choices }, after: null });

function setUp() {
  const compiled: string[] = [];
  const thread = {
    compile: async (constraint: Constraint) => {
      compiled.push(JSON.stringify(constraint.form));
      return grammarProgram(constraint);
    },
  };
  const compiler = createFormCompiler({
    model: {
      getTokenAttributes: (token) => (controls.includes(token) ? 8 : 0),
      getTokenString: (token) => texts[token],
      isEogToken: (token) => token === end,
    },
    vocabularySize: texts.length,
    pieceOf: (token) => toTokenPiece(Buffer.from(texts[token]!)),
    thread,
  });
  return { compiler, compiled };
}

/** The tokens that may come, as the list of those that may not has them; it must agree with each by itself. */
async function followed(constraint: Constraint, answer: readonly number[]): Promise<string[]> {
  const form = await setUp().compiler.formOf(constraint, answer);
  const forbidden = [...form.forbidden()];
  const allowed = [...texts.keys()].filter((token) => !forbidden.includes(token) && !form.bannedTokens.includes(token));
  const alone = [...texts.keys()].filter((token) => form.allows(token) && !form.bannedTokens.includes(token));
  expect(allowed).toEqual(alone);
  return allowed.map((token) => (token === end ? 'END' : texts[token]!));
}

describe('a form', () => {
  it('lets come what fits, and the end where it is complete', async () => {
    expect(await followed(choice('ab', 'abx', 'a"'), [])).toEqual(['a', 'ab']);
    expect(await followed(choice('ab', 'abx', 'a"'), [3])).toEqual(['b', '"']);
    expect(await followed(choice('ab', 'abx', 'a"'), [3, 4])).toEqual(['END', 'x']);
    expect(await followed(choice('ab'), [5])).toEqual(['END']);
  });

  it('takes control tokens where it writes them itself, and no others', async () => {
    const tags = [{ begin: '<|call|>', schema: '{"type":"integer"}', end: '' }];
    const tagged = { kind: 'tagged', tags, separator: '', many: false, trigger: null } as const;
    expect(await followed({ form: tagged, after: null }, [])).toEqual(['<|call|>', '<|']);
    expect(await followed({ form: tagged, after: null }, [1])).toEqual(['1']);
    const behind = await followed({ ...choice('a'), after: '<|think|>' }, []);
    expect(behind).toContain('<|think|>');
    expect(behind).not.toContain('<|call|>');
    expect(await followed({ ...choice('a'), after: '<|think|>' }, [9, 2])).toEqual(['a']);
  });

  it('refuses an answer so far that it does not fit', async () => {
    await expect(setUp().compiler.formOf(choice('ab'), [9])).rejects.toThrow(/forbids/);
  });
});

describe('compiled forms', () => {
  it('are kept for the next request, the 64 last used', async () => {
    const { compiler, compiled } = setUp();
    const all = Array.from({ length: 65 }, (_, index) => choice(`x${index}`));
    for (const each of all.slice(0, 64)) await compiler.formOf(each, []);
    await compiler.formOf(all[0]!, []);
    await compiler.formOf(all[64]!, []);
    expect(compiled).toHaveLength(65);
    await compiler.formOf(all[0]!, []);
    expect(compiled).toHaveLength(65);
    await compiler.formOf(all[1]!, []);
    expect(compiled).toHaveLength(66);
  });

  it('are compiled once for requests that come together; what was refused is tried again', async () => {
    const { compiler, compiled } = setUp();
    await Promise.all([1, 2, 3].map(() => compiler.formOf(choice('a'), [])));
    expect(compiled).toHaveLength(1);
    const lark: Constraint = { form: { kind: 'lark', grammar: 'start: "a"' }, after: null };
    for (const _ of [1, 2]) await expect(compiler.formOf(lark, [])).rejects.toThrow(ServerError);
    expect(compiled).toHaveLength(3);
  });
});
