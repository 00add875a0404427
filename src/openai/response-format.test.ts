import { describe, expect, it } from 'vitest';
import { readChatRequest } from './chat-request.ts';
import { readCompletionRequest } from './completion-request.ts';
import { constraintOf, readConstraint } from './response-format.ts';
import { maxSchemaBytes, maxSchemaDepth, schemaText } from './schema-text.ts';

const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
const json = { kind: 'json_schema', schema: JSON.stringify(schema) };
const context = { requestId: 'r', priority: 'normal' } as const;
const refusal = (param: string) => expect.objectContaining({ code: 'invalid_request', param });
const nested = (levels: number): object =>
  levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(levels - 1) } };

describe('response_format', () => {
  it('of OpenAI and of llama.cpp becomes one constraint', () => {
    expect(constraintOf({ type: 'json_schema', json_schema: { name: 'x', strict: true, schema } })?.form).toEqual(json);
    expect(constraintOf({ type: 'json_schema', schema })?.form).toEqual(json);
    expect(constraintOf({ type: 'json_object', schema })?.form).toEqual(json);
    expect(constraintOf({ type: 'json_object' })?.form).toEqual({ kind: 'json_schema', schema: '{"type":"object"}' });
    expect(constraintOf({ type: 'text' })).toBeUndefined();
    expect(constraintOf(undefined)).toBeUndefined();
    expect(constraintOf(null)).toBeUndefined();
  });

  it.each([
    ['response_format', 'json_object'],
    ['response_format', [{ type: 'json_object' }]],
    ['response_format.type', { type: 'xml' }],
    ['response_format.type', {}],
    ['response_format.json_schema', { type: 'json_schema' }],
    ['response_format.json_schema.schema', { type: 'json_schema', json_schema: { name: 'x' } }],
    ['response_format.json_schema.schema', { type: 'json_schema', json_schema: { name: 'x', schema: 7 } }],
    ['response_format.json_schema.schema', { type: 'json_schema', json_schema: { name: 'x', schema: false } }],
    ['response_format.json_schema.name', { type: 'json_schema', json_schema: { name: 'a b', schema } }],
    ['response_format.json_schema.strict', { type: 'json_schema', json_schema: { name: 'x', strict: 1, schema } }],
  ])('is refused with the param %s', (param, format) => {
    expect(() => constraintOf(format)).toThrow(refusal(param));
  });
});

describe('a constraint', () => {
  it.each([
    [{ structured_outputs: { json: schema } }, json],
    [{ structured_outputs: { regex: 'a+' } }, { kind: 'regex', pattern: 'a+' }],
    [{ structured_outputs: { choice: ['a', 'b'] } }, { kind: 'choice', choices: ['a', 'b'] }],
    [{ structured_outputs: { grammar: 'root ::= "a"' } }, { kind: 'gbnf', grammar: 'root ::= "a"' }],
    [{ structured_outputs: { grammar: 'start: "a"', json: null } }, { kind: 'lark', grammar: 'start: "a"' }],
    [{ guided_json: JSON.stringify(schema) }, json],
    [{ guided_regex: 'a+' }, { kind: 'regex', pattern: 'a+' }],
    [{ guided_choice: ['a'] }, { kind: 'choice', choices: ['a'] }],
    [{ guided_grammar: 'root ::= "a"' }, { kind: 'gbnf', grammar: 'root ::= "a"' }],
    [{ json_schema: schema }, json],
    [{ grammar: 'root ::= "a"' }, { kind: 'gbnf', grammar: 'root ::= "a"' }],
    [
      { lark: 'start: "a"', response_format: { type: 'text' }, grammar: '' },
      { kind: 'lark', grammar: 'start: "a"' },
    ],
  ])('is asked for by %j, in a chat and in a completion alike', (fields, form) => {
    const chat = readChatRequest({ ...fields, messages: [{ role: 'user', content: 'x' }], n: 2 }, context);
    const completion = readCompletionRequest({ ...fields, prompt: 'x' }, context);
    const generations = [...chat.generations, ...completion.generations];
    expect(generations.map(({ constraint }) => constraint)).toMatchObject(Array(3).fill({ form, after: null }));
  });

  it('knows the field in which it was sent', () => {
    const params = [
      { response_format: { type: 'json_object' } },
      { structured_outputs: { json: null, regex: 'a' } },
      { guided_json: schema },
      { lark: 'start: "a"', grammar: '' },
    ].map((body) => readConstraint(body)?.param);
    expect(params).toEqual(['response_format', 'structured_outputs.regex', 'guided_json', 'lark']);
    expect(constraintOf({ type: 'json_object' }, 'text.format')?.param).toBe('text.format');
  });

  it('comes alone: two of them are refused, naming the second', () => {
    const two = { response_format: { type: 'json_object' }, guided_regex: 'a' };
    expect(() => readConstraint(two)).toThrow(refusal('guided_regex'));
    expect(() => readConstraint({ structured_outputs: { regex: 'a', choice: ['a'] } })).toThrow(
      refusal('structured_outputs'),
    );
  });

  it.each([
    ['guided_regex', { guided_regex: '' }],
    ['guided_regex', { guided_regex: 'a'.repeat(1024 * 1024) }],
    ['guided_choice', { guided_choice: [] }],
    ['guided_choice', { guided_choice: Array(1001).fill('a') }],
    ['guided_choice[1]', { guided_choice: ['a', 7] }],
    ['lark', { lark: 7 }],
    ['grammar', { grammar: 'x'.repeat(64 * 1024 + 1) }],
    ['structured_outputs', { structured_outputs: 'json' }],
    ['structured_outputs.structural_tag', { structured_outputs: { structural_tag: '{}' } }],
    ['structured_outputs.json_object', { structured_outputs: { json_object: 'yes' } }],
    ['guided_json', { guided_json: 'no JSON' }],
  ])('that is none is refused with the param %s', (param, body) => {
    expect(() => readConstraint(body)).toThrow(refusal(param));
  });
});

describe('a schema', () => {
  it('is taken up to its limits and refused beyond them', () => {
    const wide = (bytes: number) => ({ const: 'x'.repeat(bytes - '{"const":""}'.length) });
    expect(schemaText(wide(maxSchemaBytes), 's')).toHaveLength(maxSchemaBytes);
    expect(() => schemaText(wide(maxSchemaBytes + 1), 's')).toThrow(refusal('s'));
    expect(() => schemaText({ const: '€'.repeat(30_000) }, 's')).toThrow(refusal('s'));
    expect(schemaText(nested(maxSchemaDepth), 's')).toBe(JSON.stringify(nested(maxSchemaDepth)));
    expect(() => schemaText(nested(maxSchemaDepth + 1), 's')).toThrow(/20 levels/);
    expect(schemaText(true, 's')).toBe('{}');
  });
});
