// Sixty schemas in the subset that OpenAI documents for structured outputs, bounded so that short answers can fill them.

const text = (maxLength = 6) => ({ type: 'string', maxLength });
const whole = (minimum = 0, maximum = 99) => ({ type: 'integer', minimum, maximum });
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const list = (items: unknown, maxItems = 2) => ({ type: 'array', items, maxItems });
const node = object({ value: whole(0, 9), next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } });
const pattern = (source: string) => ({ type: 'string', pattern: source });
const format = (name: string) => ({ type: 'string', format: name });

const scalars: Record<string, object> = {
  text: text(),
  'text of a length': { type: 'string', minLength: 3, maxLength: 5 },
  'text of one length': { type: 'string', minLength: 4, maxLength: 4 },
  'whole number': { type: 'integer', minimum: -5, maximum: 12 },
  'whole number above': { type: 'integer', minimum: 100, maximum: 1999 },
  'whole number below zero': { type: 'integer', exclusiveMaximum: 0, minimum: -40 },
  'whole number between': { type: 'integer', exclusiveMinimum: 9, exclusiveMaximum: 101 },
  'number between': { type: 'number', minimum: 0.5, maximum: 2.75 },
  'number below zero': { type: 'number', minimum: -1.5, exclusiveMaximum: 0 },
  'number between whole ones': { type: 'number', exclusiveMinimum: 0, maximum: 1 },
  boolean: { type: 'boolean' },
  null: { type: 'null' },
  'enum of texts': { enum: ['red', 'green', 'greener', 'blue "ish"'] },
  'enum of many kinds': { enum: [1, 'one', null, true, [1, 2], { a: 1 }] },
  'enum of numbers': { type: 'integer', enum: [1, 10, 100, -3] },
  'enum with a type': { type: ['string', 'null'], enum: ['a', null] },
  const: { const: 'exactly this' },
  'const object': { const: { kind: 'x', n: [1, 2] } },
  'two types': { type: ['boolean', 'null'] },
};

const strings: Record<string, object> = {
  'pattern of digits': pattern('^\\d{3}-\\d{2}$'),
  'pattern of a name': pattern('^@[a-zA-Z0-9_]{1,6}$'),
  'pattern with alternatives': pattern('^(cat|dog)s?$'),
  'pattern with a class': pattern('^[^a-z\\s"]{2,3}$'),
  'pattern with groups': pattern('^(?:[ab]{1,2}\\.){1,3}c$'),
  'pattern with words': pattern('^\\w{1,4}( \\w{1,4})?$'),
  'pattern with quotes': pattern('^"[a-f]{1,3}"\\\\$'),
  'pattern of a colour': pattern('^#[0-9a-fA-F]{6}$'),
  date: format('date'),
  time: format('time'),
  'date and time': format('date-time'),
  uuid: format('uuid'),
  email: format('email'),
  'address of four bytes': format('ipv4'),
};

const lists: Record<string, object> = {
  'list of numbers': list(whole(), 4),
  'list of one to three': { type: 'array', items: text(3), minItems: 1, maxItems: 3 },
  'list of exactly two': { type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 2 },
  'list of lists': list(list(whole(0, 9), 2), 2),
  'list of objects': list(object({ a: whole(0, 9) }), 2),
  'list of either': list({ anyOf: [whole(0, 9), text(2)] }, 3),
  'no list at all': { type: 'array', items: whole(), maxItems: 0 },
  tuple: { type: 'array', prefixItems: [text(3), whole(0, 9)], items: false, minItems: 2 },
};

const objects: Record<string, object> = {
  person: object({ name: text(), age: whole(0, 120) }),
  'empty object': object({}),
  'all optional': object({ a: whole(0, 9), b: text(2), c: { type: 'boolean' } }, []),
  'some optional': object({ a: whole(0, 9), b: text(2), c: { type: 'boolean' }, d: { type: 'null' } }, ['b']),
  nested: object({ a: object({ b: object({ c: object({ d: whole(0, 9) }) }) }) }),
  'nullable parts': object({
    a: { type: ['string', 'null'], maxLength: 4 },
    b: { anyOf: [whole(), { type: 'null' }] },
  }),
  'strange names': object({ 'a b': whole(0, 9), 'q"uote': whole(0, 9), 'é\\n': whole(0, 9), '': whole(0, 9) }),
  'numbers as further properties': {
    type: 'object',
    properties: { a: text(2) },
    required: ['a'],
    additionalProperties: whole(0, 9),
  },
  'closed by nature': { type: 'object', properties: { a: whole(0, 9) }, required: ['a'] },
  described: { title: 'T', description: 'D', $comment: 'C', ...object({ a: { description: 'a number', ...whole() } }) },
};

const unions: Record<string, object> = {
  'either object': { anyOf: [object({ a: whole(0, 9) }), object({ b: text(3) })] },
  'told apart by a tag': {
    anyOf: [
      object({ kind: { const: 'circle' }, radius: whole(1, 20) }),
      object({ kind: { const: 'square' }, side: whole(1, 20) }),
    ],
  },
  'one of, told apart': {
    oneOf: [object({ kind: { const: 'a' }, x: whole(0, 9) }), object({ kind: { const: 'b' }, y: whole(0, 9) })],
  },
  'one of two types': { oneOf: [whole(), text(3)] },
  'linked list': node,
  tree: {
    $ref: '#/$defs/tree',
    $defs: { tree: object({ v: whole(0, 9), sub: list({ $ref: '#/$defs/tree' }, 1) }) },
  },
  'shared definition': {
    ...object({ from: { $ref: '#/$defs/point' }, to: { $ref: '#/$defs/point' } }),
    $defs: { point: object({ x: whole(0, 9), y: whole(0, 9) }) },
  },
  'all of one': { allOf: [object({ a: whole(0, 9) })] },
  steps: object({ steps: list(object({ explanation: text(6), output: text(4) }), 2), final: text(4) }),
};

export const schemas: Readonly<Record<string, object>> = { ...scalars, ...strings, ...lists, ...objects, ...unions };
