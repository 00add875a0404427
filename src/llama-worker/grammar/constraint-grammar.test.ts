import { describe, expect, it } from 'vitest';
import type { ConstraintForm } from '../../core/index.ts';
import { checkGbnf } from './check-gbnf.ts';
import { constraintGrammar } from './constraint-grammar.ts';
import { refusedKeywords } from './json-schema.ts';

const grammarOf = (form: ConstraintForm, after: string | null = null): string => {
  const grammar = constraintGrammar({ form, after });
  checkGbnf(grammar);
  return grammar;
};
const schema = (value: unknown): ConstraintForm => ({ kind: 'json_schema', schema: JSON.stringify(value) });
const refused = (words: RegExp) =>
  expect.objectContaining({ code: 'invalid_request', param: 'constraint', message: expect.stringMatching(words) });

describe('a schema', () => {
  it.each(refusedKeywords)('with %s, which cannot be held to, is refused by its name', (keyword) => {
    const words = new RegExp(`"${keyword.replace('$', '\\$')}" is not supported`);
    expect(() => grammarOf(schema({ type: 'object', [keyword]: {} }))).toThrow(refused(words));
    expect(() => grammarOf(schema({ type: 'array', items: { [keyword]: 1 } }))).toThrow(refused(words));
  });

  it.each([
    [{ type: 'hiccup' }, /"type" must be one of/],
    [{ type: 'string', format: 'phone' }, /"format" may be one of/],
    [{ type: 'string', pattern: '^a$', maxLength: 3 }, /together/],
    [{ type: 'string', pattern: 'a(?=b)' }, /looks around/],
    [{ type: 'string', pattern: '^(a*)*$' }, /repetition of what may be empty/],
    [{ type: 'string', pattern: '\\bword' }, /not taken here/],
    [{ type: 'string', maxLength: 1e9 }, /"maxLength" may be 10000/],
    [{ type: 'string', maxLength: -1 }, /whole number/],
    [{ type: 'array', minItems: 3, maxItems: 2 }, /larger than/],
    [{ enum: [] }, /"enum" must be/],
    [{ enum: ['a'], type: 'integer' }, /has the "type" beside it/],
    [{ $ref: 'http://localhost/x' }, /own schema alone/],
    [{ $ref: '#/$defs/missing' }, /there is no/],
    [{ $ref: '#/constructor' }, /there is no/],
    [{ $ref: '#' }, /begins with itself/],
    [{ allOf: [{ $ref: '#' }] }, /ring/],
    [{ allOf: [{ type: 'string' }, { type: 'integer' }] }, /"allOf" joins two different values of "type"/],
    [{ oneOf: [{ type: 'string' }, { type: 'string', maxLength: 3 }] }, /plainly exclude/],
    [{ type: 'object', required: ['a'], properties: {}, additionalProperties: false }, /does not allow/],
    [
      { allOf: [{ properties: { a: {} }, additionalProperties: false }, { properties: { b: {} } }] },
      /additionalProperties/,
    ],
  ])('%j is refused', (value, words) => {
    expect(() => grammarOf(schema(value))).toThrow(refused(words));
  });

  it.each([
    [{ type: 'object', properties: { a: { type: 'array', items: { not: {} } } } }, 'properties.a.items'],
    [{ anyOf: [{ type: 'string' }, { type: 'string', format: 'phone' }] }, 'anyOf.1'],
    [{ $ref: '#/$defs/x', $defs: { x: { properties: { y: { type: 'hiccup' } } } } }, '$defs.x.properties.y'],
    [{ properties: { a: { type: 'null' }, b: { allOf: [{ multipleOf: 3 }] } } }, 'properties.b'],
  ])('%j is refused, saying where', (value, place) => {
    const where = new RegExp(`\\(at ${place.replaceAll(/[.$]/g, '\\$&')}\\)\\.$`);
    expect(() => grammarOf(schema(value))).toThrow(refused(where));
  });

  it('of 64 KB is written out, or refused, at once', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 900 }, (_, index) => [`p${index}`, { type: 'integer', minimum: -7 }]),
    );
    expect(grammarOf(schema({ type: 'object', properties })).length).toBeGreaterThan(10_000);
    const union = { anyOf: Array.from({ length: 8 }, (_, index) => ({ properties: { [`q${index}`]: {} } })) };
    const product = { allOf: [union, union, union, union, union, union] };
    expect(() => grammarOf(schema(product))).not.toThrow(RangeError);
  });
});

describe('a form', () => {
  it('of another engine is refused, saying which models take it', () => {
    expect(() => grammarOf({ kind: 'lark', grammar: 'start: "a"' })).toThrow(refused(/MLX/));
    expect(() => grammarOf({ kind: 'gbnf', grammar: 'root ::= "a"' }, '</think>')).toThrow(
      refused(/turn thinking off/),
    );
  });

  it('behind a text begins where that ends, however the text overlaps itself', () => {
    const grammar = grammarOf({ kind: 'choice', choices: ['x'] }, 'aab');
    expect(grammar).toMatchInlineSnapshot(`
      "root ::= r0
      r2 ::= ("a" r2 | "b" "x" | [\\x00-\\x60c-\\ud7ff\\ue000-\\U0010ffff] r0)
      r1 ::= ("a" r2 | "b" r0 | [\\x00-\\x60c-\\ud7ff\\ue000-\\U0010ffff] r0)
      r0 ::= ("a" r1 | "b" r0 | [\\x00-\\x60c-\\ud7ff\\ue000-\\U0010ffff] r0)"
    `);
  });

  it('of tags is refused naming the tag whose schema is at fault', () => {
    const tags = ['{}', '{"not":{}}'].map((text) => ({ begin: '<a>', schema: text, end: '</a>' }));
    const tagged = { kind: 'tagged', tags, separator: '', many: true, trigger: null } as const;
    expect(() => grammarOf(tagged)).toThrow(expect.objectContaining({ param: 'constraint.form.tags[1]' }));
  });

  it('of tags wants the trigger at the beginning of each', () => {
    const tags = [{ begin: '<a>', schema: '{}', end: '</a>' }];
    const tagged = { kind: 'tagged', tags, separator: '', many: true } as const;
    expect(() => grammarOf({ ...tagged, trigger: '<b' })).toThrow(refused(/begin with the trigger/));
    expect(grammarOf({ ...tagged, trigger: '<a' })).toContain('">"');
    expect(grammarOf({ ...tagged, trigger: null })).toContain('"<a>"');
  });
});
