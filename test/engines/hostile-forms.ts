// Fifty forms that mean harm, or are merely impossible: each is refused or served, soon, and the worker lives on.

const json = (schema: unknown) => ({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } });
const nested = (levels: number): object =>
  levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(levels - 1) }, required: ['a'] };
const text = (pattern: string) => json({ type: 'string', pattern });
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const definitions = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(many(count, (index) => [`a${index}`, make(index)]));
const chain = many(60, (index) => `a${index} ::= a${index + 1} | a${index + 1} "x"`).join('\n');
const doubling = {
  type: 'array',
  items: { anyOf: [{ $ref: '#' }, { type: 'array', items: { $ref: '#' } }] },
  maxItems: 3,
};

export const hostileForms: Readonly<Record<string, object>> = {
  'pattern (a+)+$': text('(a+)+$'),
  'pattern (a|a)*b': text('(a|a)*b'),
  'pattern of a megabyte': text('a'.repeat(1 << 20)),
  'pattern [.*': text('[.*'),
  'pattern of nested bounds': text('^((((a{1,999}){1,999}){1,999}){1,999}){1,999}$'),
  'pattern looking ahead': text('^(?=a)b$'),
  'pattern looking back at itself': text('^(a)\\1$'),
  'pattern of nothing many times': text('^(a*)*$'),
  'pattern of deep groups': text(`${'('.repeat(2000)}a${')'.repeat(2000)}`),
  'pattern with half a character': text('^\\ud800$'),
  'reference to http': json({ $ref: 'http://127.0.0.1:9/x' }),
  'reference to a file': json({ $ref: 'file:///etc/passwd' }),
  'reference to itself': json({ $ref: '#' }),
  'ring of references': json({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }),
  'reference to nothing': json({ $ref: '#/$defs/a' }),
  'reference to the prototype': json({ $ref: '#/__proto__/constructor' }),
  'a thousand references': json({
    anyOf: many(1000, (i) => ({ $ref: `#/$defs/a${i % 700}` })),
    $defs: definitions(700, () => ({ type: 'null' })),
  }),
  'references that double': json({
    $ref: '#/$defs/a0',
    $defs: {
      ...definitions(40, (i) => ({ anyOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] })),
      a40: { type: 'null' },
    },
  }),
  'lists that double': json(doubling),
  'depth 20': json(nested(20)),
  'depth 21': json(nested(21)),
  'depth 1000': json(nested(40)),
  '64 KB and one byte': json({ const: 'x'.repeat(64 * 1024) }),
  'const of 60 KB': json({ const: 'x'.repeat(60_000) }),
  'const of a megabyte': json({ const: 'x'.repeat(1 << 20) }),
  'minLength 10^9': json({ type: 'string', minLength: 1e9 }),
  'maxLength 10^9': json({ type: 'string', maxLength: 1e9 }),
  'minItems 10^9': json({ type: 'array', minItems: 1e9 }),
  'maxItems 10^9': json({ type: 'array', items: { type: 'null' }, maxItems: 1e9 }),
  'lists of long lists': json({
    type: 'array',
    items: { type: 'array', items: { type: 'string', maxLength: 9000 }, maxItems: 9000 },
    maxItems: 9000,
  }),
  'enum of 5000': json({ enum: many(5000, (index) => `v${index}`) }),
  'enum of 100000': json({ enum: many(100_000, (index) => index) }),
  'empty enum': json({ enum: [] }),
  'multipleOf 0': json({ type: 'integer', multipleOf: 0 }),
  'bounds the wrong way': json({ type: 'integer', minimum: 5, maximum: 4 }),
  'type 123': json({ type: 123 }),
  'type hiccup': json({ type: 'hiccup' }),
  'required but forbidden': json({ type: 'object', properties: {}, required: ['a'], additionalProperties: false }),
  patternProperties: json({
    type: 'object',
    patternProperties: { '(a+)+$': { type: 'null' } },
    additionalProperties: false,
  }),
  dynamicRef: json({ $dynamicRef: '#a' }),
  'allOf of a thousand': json({ allOf: many(1000, (index) => ({ properties: { [`p${index}`]: { type: 'null' } } })) }),
  'empty schema': json({}),
  false: json(false),
  'not anything': json({ not: {} }),
  'grammar of itself': { grammar: 'root ::= root "a" | "b"' },
  'grammar of itself behind nothing': { grammar: 'root ::= n root "a" | "b"\nn ::= m\nm ::= "c" | ""' },
  'grammar of doubling rules': { grammar: `root ::= a0\n${chain}\na60 ::= "y"` },
  'grammar of deep groups': { grammar: `root ::= ${'('.repeat(20_000)}"a"${')'.repeat(20_000)}` },
  'grammar of endless bounds': { grammar: 'root ::= (("a"{1000}){1000}){1000}' },
  'grammar without end': { grammar: 'root ::= "a' },
  'ambiguous grammar': { grammar: 'root ::= "a" root "b" | "a" root "c" | "d"', logit_bias: { 81: 100 } },
  'lark of itself': { lark: 'start: start' },
  'lark of deep groups': { lark: `start: ${'('.repeat(20_000)}"a"${')'.repeat(20_000)}` },
  'regex of bounds': { guided_regex: '(a{1,900}){1,900}' },
};
