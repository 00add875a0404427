// Objects and arrays of a schema as GBNF. Properties come in the order in which the schema names them.
import { comma, member, otherName, space } from './json-text.ts';
import { refusal } from './refusal.ts';
import { type Rules, repeated } from './rules.ts';
import { isSchema, type Schema } from './schema-merge.ts';

/** A schema's expression; `false` has none. */
export type ExpressionOf = (schema: unknown) => string;

const maxItems = 10_000;

/** Without `additionalProperties` an object has the named ones alone: whatever is written fits the schema all the same. */
export function objectOf(rules: Rules, schema: Schema, expressionOf: ExpressionOf): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (!isSchema(properties)) throw refusal('"properties" must be an object of schemas.');
  if (!Array.isArray(required)) throw refusal('"required" must be a list of names.');
  const names = Object.keys(properties);
  const unnamed = required.filter((name): name is string => typeof name === 'string' && !names.includes(name));
  if (unnamed.length > 0 && additionalProperties === false) {
    throw refusal(`"required" names ${JSON.stringify(unnamed[0]!.slice(0, 100))}, which the schema does not allow.`);
  }
  const all = [...names, ...unnamed];
  const expressionFor = (name: string): string =>
    expressionOf(Object.hasOwn(properties, name) ? properties[name] : (additionalProperties ?? true));
  const isOpen = additionalProperties === undefined ? names.length === 0 : additionalProperties !== false;
  const more = isOpen
    ? rules.rule(`${otherName(rules, all)} ":" ${space(rules)} ${expressionOf(additionalProperties ?? true)}`)
    : null;
  const pairs = all
    .filter((name) => properties[name] !== false || required.includes(name))
    .map((name) => ({
      pair: rules.rule(member(rules, name, expressionFor(name))),
      isRequired: required.includes(name),
    }));

  /** What may follow from property `index` on, behind another one or as the first; '' for nothing. */
  const from = (index: number, isFirst: boolean): string => {
    const link = isFirst ? '' : `${comma(rules)} `;
    if (index === pairs.length) {
      if (more === null) return '';
      return isFirst ? `(${more} (${comma(rules)} ${more})*)?` : `(${comma(rules)} ${more})*`;
    }
    const { pair, isRequired } = pairs[index]!;
    const taken = `${link}${pair} ${ruleOf(index + 1, false)}`;
    if (isRequired) return taken;
    const skipped = ruleOf(index + 1, isFirst);
    return `(${taken} | ${skipped === '' ? '""' : skipped})`;
  };
  const made = new Map<string, string>();
  const ruleOf = (index: number, isFirst: boolean): string => {
    const key = `${index} ${isFirst}`;
    const expression = made.get(key) ?? from(index, isFirst);
    const name = expression === '' ? '' : rules.rule(expression);
    made.set(key, name);
    return name;
  };
  // From the last property backwards: none is reached through a long chain of calls.
  for (let index = pairs.length; index >= 0; index -= 1) {
    ruleOf(index, false);
    ruleOf(index, true);
  }
  const inner = ruleOf(0, true);
  return `"{" ${space(rules)} ${inner === '' ? '' : `${inner} ${space(rules)} `}"}"`;
}

export function arrayOf(rules: Rules, schema: Schema, expressionOf: ExpressionOf): string {
  const { items = true, prefixItems = [] } = schema;
  if (!Array.isArray(prefixItems)) throw refusal('"prefixItems" must be a list of schemas.');
  const [min, max] = countsOf(schema, 'minItems', 'maxItems', maxItems);
  const first = prefixItems.slice(0, max).map(expressionOf);
  const left = items === false ? 0 : max - first.length;
  if (min > first.length + left) throw refusal('"minItems" asks for more items than there may be.');
  const tail =
    left === 0
      ? ''
      : manyItems(rules, expressionOf(items), {
          min: Math.max(0, min - first.length),
          max: left,
          isFirst: first.length === 0,
        });
  const inner = first.reduceRight((behind, item, index) => {
    const own = `${index === 0 ? '' : `${comma(rules)} `}${item} ${behind}`;
    return index < min ? own : `(${own})?`;
  }, tail);
  return `"[" ${space(rules)} ${inner === '' ? '' : `${rules.rule(inner)} ${space(rules)} `}"]"`;
}

function manyItems(
  rules: Rules,
  item: string,
  { min, max, isFirst }: { readonly min: number; readonly max: number; readonly isFirst: boolean },
): string {
  const linked = `${comma(rules)} ${rules.rule(item)}`;
  if (!isFirst) return repeated(rules, linked, min, max);
  const all = `${rules.rule(item)} ${repeated(rules, linked, Math.max(0, min - 1), max - 1)}`;
  return min === 0 ? `(${all})?` : all;
}

/** Bounds of a length. @throws ServerError for one that is none, or too large to be held to */
export function countsOf(schema: Schema, least: string, most: string, limit: number): readonly [number, number] {
  const read = (key: string, missing: number): number => {
    const value = schema[key] ?? missing;
    if (typeof value !== 'number' || value < 0 || (value !== Infinity && !Number.isInteger(value))) {
      throw refusal(`"${key}" must be a whole number.`);
    }
    if (value !== missing && value > limit) throw refusal(`"${key}" may be ${limit} at the most for models in GGUF.`);
    return value;
  };
  const [min, max] = [read(least, 0), read(most, Infinity)];
  if (min > max) throw refusal(`"${least}" is larger than "${most}".`);
  return [min, max];
}
