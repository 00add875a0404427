// Schemas that hold together: local references, `allOf`, keywords beside `anyOf`; and whether two schemas exclude
// each other, which `oneOf` needs. Merges what is certain and refuses the rest.
import { isDeepStrictEqual } from 'node:util';
import { refusal, unsupported } from './refusal.ts';

export type Schema = Readonly<Record<string, unknown>>;

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keywords that say nothing about what is valid. */
export const annotations: readonly string[] = [
  'title',
  'description',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$comment',
  '$schema',
  '$id',
  '$anchor',
  '$defs',
  'definitions',
  'contentMediaType',
  'contentEncoding',
  'contentSchema',
];

/** The keywords that count. */
export const assertionsOf = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !annotations.includes(key)));

/** Where each part of a document stands, in steps such as `properties.name`. */
export function placesIn(root: Schema): ReadonlyMap<object, string> {
  const places = new Map<object, string>();
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return;
    places.set(value, place);
    for (const [key, part] of Object.entries(value)) visit(part, place === '' ? key : `${place}.${key.slice(0, 64)}`);
  };
  visit(root, '');
  return places;
}

/** @throws ServerError for anything but a place in this very document */
export function resolve(root: Schema, reference: unknown): unknown {
  if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) {
    throw refusal('"$ref" may point into its own schema alone, such as "#/$defs/name".');
  }
  let place: unknown = root;
  for (const step of decoded(reference).split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const holds = typeof place === 'object' && place !== null && Object.hasOwn(place, key);
    if (!holds) throw refusal(`"$ref": there is no ${JSON.stringify(reference.slice(0, 100))}.`);
    place = (place as Schema)[key];
  }
  return place;
}

function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch (error) {
    if (error instanceof URIError) return reference;
    throw error;
  }
}

/** One schema for what fits all of these. `depth` ends rings of references. @throws ServerError */
export function mergeAll(root: Schema, schemas: readonly unknown[], depth = 0): Schema {
  if (depth > 32) throw refusal('"allOf" and "$ref" go round in a ring.');
  let merged: Schema = {};
  for (const schema of schemas) {
    if (schema === true) continue;
    if (!isSchema(schema)) throw refusal('"allOf" must be a list of schemas.');
    const { allOf, $ref, ...own } = assertionsOf(schema);
    const parts: unknown[] = [];
    if ($ref !== undefined) parts.push(resolve(root, $ref));
    if (allOf !== undefined) parts.push(...(Array.isArray(allOf) ? (allOf as unknown[]) : [null]));
    merged = mergeTwo(merged, parts.length === 0 ? own : mergeTwo(own, mergeAll(root, parts, depth + 1)));
  }
  return merged;
}

function mergeTwo(one: Schema, other: Schema): Schema {
  const merged: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const mine = one[key];
    if (mine === undefined || isDeepStrictEqual(mine, value)) merged[key] = value;
    else if (key === 'properties' && isSchema(mine) && isSchema(value)) merged[key] = mergeProperties(mine, value);
    else if (key === 'required' && Array.isArray(mine) && Array.isArray(value))
      merged[key] = [...new Set([...mine, ...value])];
    else throw refusal(`The schema's keyword "allOf" joins two different values of "${key}", which is not supported.`);
  }
  const closed = [one, other].filter((part) => part.additionalProperties !== undefined);
  const open = [one, other].filter((part) => !closed.includes(part));
  if (closed.length > 0 && open.some((part) => part.properties !== undefined || part.required !== undefined)) {
    throw unsupported('additionalProperties" within "allOf');
  }
  const bothClosed = closed.length === 2 && one.additionalProperties !== true;
  if (bothClosed && !isDeepStrictEqual(namesOf(one), namesOf(other)))
    throw unsupported('additionalProperties" within "allOf');
  return merged;
}

const namesOf = ({ properties }: Schema): string[] => Object.keys(isSchema(properties) ? properties : {}).sort();

const mergeProperties = (one: Schema, other: Schema): Schema => ({
  ...one,
  ...Object.fromEntries(
    Object.entries(other).map(([name, value]) => {
      const mine = one[name];
      return [name, mine === undefined || isDeepStrictEqual(mine, value) ? value : { allOf: [mine, value] }];
    }),
  ),
});

/** Whether nothing fits both, as far as that is easily seen. */
export function excludeEachOther(root: Schema, one: unknown, other: unknown): boolean {
  if (!isSchema(one) || !isSchema(other)) return false;
  const [first, second] = [mergeAll(root, [one]), mergeAll(root, [other])];
  const [values, others] = [valuesOf(first), valuesOf(second)];
  if (values !== null && others !== null)
    return !values.some((value) => others.some((each) => isDeepStrictEqual(each, value)));
  const [types, otherTypes] = [typesOf(first), typesOf(second)];
  if (types !== null && otherTypes !== null && !types.some((type) => otherTypes.includes(type))) return true;
  const [properties, otherProperties] = [first.properties, second.properties];
  if (!isSchema(properties) || !isSchema(otherProperties)) return false;
  return requiredOf(first).some((name) => {
    if (!Object.hasOwn(otherProperties, name)) return second.additionalProperties === false;
    return requiredOf(second).includes(name) && excludeEachOther(root, properties[name], otherProperties[name]);
  });
}

const requiredOf = ({ required }: Schema): string[] =>
  Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];

function valuesOf(schema: Schema): readonly unknown[] | null {
  if (Object.hasOwn(schema, 'const')) return [schema.const];
  return Array.isArray(schema.enum) ? (schema.enum as unknown[]) : null;
}

function typesOf(schema: Schema): readonly unknown[] | null {
  const values = valuesOf(schema);
  if (values !== null) return values.map(typeOfValue);
  const types = Array.isArray(schema.type) ? (schema.type as unknown[]) : [schema.type];
  return schema.type === undefined ? null : types.map((type) => (type === 'integer' ? 'number' : type));
}

const typeOfValue = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
