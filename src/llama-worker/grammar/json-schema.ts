// JSON Schema → GBNF rules. Exact or narrower than the schema, never wider: a keyword that cannot be held to is refused.

import { formatPatterns } from './json-formats.ts';
import { arrayOf, countsOf, objectOf } from './json-lists.ts';
import { type Bounds, integerBetween, numberBetween } from './json-numbers.ts';
import { anyArray, anyNumber, anyObject, anyString, anyValue, oneOfTexts, stringCharacter } from './json-text.ts';
import { jsonPattern } from './pattern-grammar.ts';
import { refusal, refusedAt, unsupported } from './refusal.ts';
import { oneOf, type Rules, repeated } from './rules.ts';
import {
  annotations,
  assertionsOf,
  excludeEachOther,
  isSchema,
  mergeAll,
  placesIn,
  resolve,
  type Schema,
} from './schema-merge.ts';

const maxLength = 10_000;
/** Schemas looked at for one grammar; unions within unions multiply. */
const maxVisits = 20_000;

/** Which keywords say something of which type. */
export const keywordsOfType: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  boolean: [],
  null: [],
};

export const refusedKeywords: readonly string[] = [
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'unevaluatedProperties',
  'unevaluatedItems',
  'additionalItems',
  'contains',
  'minContains',
  'maxContains',
  'uniqueItems',
  'patternProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'multipleOf',
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
];

/** What the parts of one schema are written with. */
interface Writer {
  readonly rules: Rules;
  readonly root: Schema;
  /** Several schemas may share the rules, and have references of the same name. */
  readonly number: number;
  readonly expressionOf: (schema: unknown) => string;
}

/** The expression of a JSON text that fits. @throws ServerError naming the keyword that stands in the way, and where */
export function jsonSchemaExpression(rules: Rules, schemaText: string): string {
  const root: unknown = JSON.parse(schemaText);
  if (!isSchema(root)) throw refusal('The schema must be an object.');
  const places = placesIn(root);
  let visits = 0;
  let place = '';
  const expressionOf = (schema: unknown): string => {
    visits += 1;
    if (visits > maxVisits) throw refusal('The schema is too large when its unions are written out.');
    const around = place;
    // One that was joined of several has no place of its own.
    place = (isSchema(schema) ? places.get(schema) : undefined) ?? place;
    const expression = expressionIn(writer, schema);
    place = around;
    return expression;
  };
  const writer: Writer = { rules, root, number: rules.number(), expressionOf };
  try {
    return expressionOf(root);
  } catch (error) {
    throw refusedAt(error, { place });
  }
}

function expressionIn(writer: Writer, schema: unknown): string {
  const { rules, root, expressionOf } = writer;
  if (schema === true) return anyValue(rules);
  if (schema === false) throw refusal('A part of the schema that must be filled is false: nothing fits it.');
  if (!isSchema(schema)) throw refusal('A schema must be an object, true or false.');
  const refused = refusedKeywords.find((keyword) => Object.hasOwn(schema, keyword) && schema[keyword] !== false);
  if (refused !== undefined) throw unsupported(refused);
  const assertions = assertionsOf(schema);
  const { $ref } = assertions;
  if (Object.keys(assertions).length === 1 && '$ref' in assertions) {
    return rules.named(`$ref ${writer.number} ${String($ref)}`, () => expressionOf(resolve(root, $ref)));
  }
  if ('$ref' in assertions || 'allOf' in assertions) return expressionOf(mergeAll(root, [assertions]));
  for (const keyword of ['anyOf', 'oneOf']) {
    if (keyword in assertions) return unionOf(writer, assertions, keyword);
  }
  return plain(writer, assertions);
}

function unionOf({ rules, root, expressionOf }: Writer, schema: Schema, keyword: string): string {
  const { [keyword]: branches, ...beside } = schema;
  if (!Array.isArray(branches) || branches.length === 0) throw refusal(`"${keyword}" must be a list of schemas.`);
  if (keyword === 'oneOf') mustExclude(root, branches);
  const own = assertionsOf(beside);
  const alone = Object.keys(own).length === 0;
  const possible = branches.filter((branch) => branch !== false);
  return rules.rule(
    oneOf(possible.map((branch: unknown) => rules.rule(expressionOf(alone ? branch : mergeAll(root, [own, branch]))))),
  );
}

function mustExclude(root: Schema, branches: readonly unknown[]): void {
  if (branches.length > 100) throw unsupported('oneOf" of more than 100 schemas, "oneOf');
  branches.forEach((branch, index) => {
    if (branches.slice(index + 1).every((other) => excludeEachOther(root, branch, other))) return;
    throw refusal('"oneOf" is supported where its schemas plainly exclude each other; use "anyOf".');
  });
}

function plain(writer: Writer, schema: Schema): string {
  const { rules } = writer;
  if ('const' in schema) return valuesOf(rules, schema, [schema.const]);
  if ('enum' in schema) {
    if (!Array.isArray(schema.enum) || schema.enum.length === 0) throw refusal('"enum" must be a list of values.');
    return valuesOf(rules, schema, schema.enum);
  }
  const types = typesOf(schema);
  if (types === null) return anyValue(rules);
  return oneOf(types.map((type) => typed(writer, type, schema)));
}

function valuesOf(rules: Rules, schema: Schema, values: readonly unknown[]): string {
  const besides = Object.keys(schema).filter((keyword) => !['const', 'enum', 'type'].includes(keyword));
  if (besides.some((keyword) => isKnown(keyword))) throw unsupported(`${besides[0]}" beside "enum" or "const`);
  const types = 'type' in schema ? typesOf(schema) : null;
  const fitting = values.filter((value) => types === null || types.some((type) => hasType(value, type)));
  if (fitting.length === 0) throw refusal('No value of an "enum" or "const" has the "type" beside it.');
  return oneOfTexts(
    rules,
    fitting.map((value) => JSON.stringify(value)),
  );
}

function typed({ rules, expressionOf }: Writer, type: string, schema: Schema): string {
  const asked = (keywordsOfType[type] ?? []).filter((keyword) => keyword in schema);
  switch (type) {
    case 'object':
      return asked.length === 0 ? anyObject(rules) : objectOf(rules, schema, expressionOf);
    case 'array':
      return asked.length === 0 ? anyArray(rules) : arrayOf(rules, schema, expressionOf);
    case 'string':
      return asked.length === 0 ? anyString(rules) : stringOf(rules, schema);
    case 'number':
      return asked.length === 0 ? anyNumber(rules) : numberBetween(rules, boundsOf(schema));
    case 'integer':
      return integerBetween(rules, boundsOf(schema));
    case 'boolean':
      return '("true" | "false")';
    default:
      return '"null"';
  }
}

/** The types that a schema asks for, or that its keywords are about; null for any. */
function typesOf(schema: Schema): readonly string[] | null {
  if ('type' in schema) {
    const types = Array.isArray(schema.type) ? (schema.type as unknown[]) : [schema.type];
    if (types.length === 0) throw refusal('"type" must name a type.');
    return types.map((type) => {
      if (typeof type === 'string' && Object.hasOwn(keywordsOfType, type)) return type;
      throw refusal(`"type" must be one of ${Object.keys(keywordsOfType).join(', ')}.`);
    });
  }
  const types = ['object', 'array', 'string', 'number'].filter((type) =>
    keywordsOfType[type]!.some((keyword) => keyword in schema),
  );
  return types.length === 0 ? null : types;
}

const isKnown = (keyword: string): boolean =>
  !annotations.includes(keyword) && Object.values(keywordsOfType).some((keywords) => keywords.includes(keyword));

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isSchema(value);
  return typeof value === type;
}

function stringOf(rules: Rules, schema: Schema): string {
  const { pattern, format } = schema;
  const [min, max] = countsOf(schema, 'minLength', 'maxLength', maxLength);
  const kinds = [pattern !== undefined, format !== undefined, min > 0 || max < Infinity];
  if (kinds.filter(Boolean).length > 1)
    throw unsupported('pattern", "format" and "minLength" or "maxLength" together: "pattern');
  if (pattern !== undefined && typeof pattern !== 'string') throw refusal('"pattern" must be a text.');
  const known =
    typeof format === 'string' && Object.hasOwn(formatPatterns, format) ? formatPatterns[format] : undefined;
  if (format !== undefined && known === undefined) {
    throw refusal(`"format" may be one of ${Object.keys(formatPatterns).join(', ')} for models in GGUF.`);
  }
  const source = pattern ?? known;
  const inside = source === undefined ? repeated(rules, stringCharacter(rules), min, max) : jsonPattern(rules, source);
  return `"\\"" ${inside} "\\""`;
}

function boundsOf(schema: Schema): Bounds {
  return Object.fromEntries(
    keywordsOfType.number!.flatMap((keyword) => {
      const value = schema[keyword];
      if (value === undefined) return [];
      if (typeof value !== 'number') throw refusal(`"${keyword}" must be a number.`);
      return [[keyword, value]];
    }),
  );
}
