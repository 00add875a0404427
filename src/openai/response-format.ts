// OpenAI's `response_format`, and what vLLM and llama.cpp call the same thing → the Constraint of an answer. Pure.
// Judges size, depth and wording; whether an engine can hold to a schema is the engine's to say.
import { z } from 'zod';
import { type AskedConstraint, type ConstraintForm, ServerError } from '../core/index.ts';
import { schemaText } from './schema-text.ts';

const maxPatternCharacters = 4096;
const maxGrammarCharacters = 64 * 1024;
const maxChoices = 1000;
const maxChoicesCharacters = 64 * 1024;
const anyObject = '{"type":"object"}';

type Fields = Readonly<Record<string, unknown>>;
type FormOf = (value: unknown, param: string) => ConstraintForm | undefined;

interface FoundForm {
  readonly param: string;
  readonly form: ConstraintForm;
}

/**
 * `text`, `json_object` (llama.cpp adds a `schema` to it) and `json_schema`. The schema is held to whatever `strict` says.
 *
 * @param param what the field is called where it was sent
 * @throws ServerError `invalid_request` naming the part at fault
 */
export function constraintOf(responseFormat: unknown, param = 'response_format'): AskedConstraint | undefined {
  const form = formOfResponseFormat(responseFormat, param);
  return form && { form, after: null, param };
}

/**
 * The one constraint that a body asks for, under any of the names of `constraintFields`.
 *
 * @throws ServerError `invalid_request`, also when there are two
 */
export function readConstraint(body: unknown): AskedConstraint | undefined {
  const fields = isFields(body) ? body : {};
  const found = [...formsIn(fields, constraintForms, ''), ...structuredOutputs(fields.structured_outputs)];
  if (found.length > 1) {
    const [, second] = found;
    throw refusal(
      `"${second!.param}" and "${found[0]!.param}" each say what form the answer has; send one of them.`,
      second!.param,
    );
  }
  return found[0] && { ...found[0], after: null };
}

const formOfResponseFormat: FormOf = (value, param) => {
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw refusal(`"${param}" must be an object.`, param);
  switch (value.type) {
    case 'text':
      return undefined;
    case 'json_object':
      return isMissing(value.schema) ? jsonObject : jsonSchema(value.schema, `${param}.schema`);
    case 'json_schema':
      return namedSchema(value, param);
    default:
      throw refusal(`"${param}.type" must be "text", "json_object" or "json_schema".`, `${param}.type`);
  }
};

function namedSchema(format: Fields, param: string): ConstraintForm {
  const named = format.json_schema;
  // llama.cpp and Responses put the schema beside the type.
  if (isMissing(named) && !isMissing(format.schema)) return jsonSchema(format.schema, `${param}.schema`);
  if (!isFields(named)) throw refusal(`"${param}.json_schema" must be an object.`, `${param}.json_schema`);
  const { name, strict, schema } = named;
  if (!isMissing(name) && (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name))) {
    const text = `"${param}.json_schema.name" must be 1 to 64 letters, digits, "_" or "-".`;
    throw refusal(text, `${param}.json_schema.name`);
  }
  if (!isMissing(strict) && typeof strict !== 'boolean') {
    throw refusal(`"${param}.json_schema.strict" must be true or false.`, `${param}.json_schema.strict`);
  }
  if (isMissing(schema)) throw refusal(`"${param}.json_schema.schema" is missing.`, `${param}.json_schema.schema`);
  return jsonSchema(schema, `${param}.json_schema.schema`);
}

const jsonObject: ConstraintForm = { kind: 'json_schema', schema: anyObject };
const jsonSchema = (value: unknown, param: string): ConstraintForm => ({
  kind: 'json_schema',
  schema: schemaText(value, param),
});

const regex: FormOf = (value, param) => ({ kind: 'regex', pattern: textOf(value, param, maxPatternCharacters) });

const choice: FormOf = (value, param) => {
  if (!Array.isArray(value) || value.length === 0) throw refusal(`"${param}" must be a list of texts.`, param);
  if (value.length > maxChoices) throw refusal(`"${param}" may have ${maxChoices} entries at the most.`, param);
  let left = maxChoicesCharacters;
  const choices = value.map((entry: unknown, index) => {
    const text = textOf(entry, `${param}[${index}]`, left);
    left -= text.length;
    return text;
  });
  return { kind: 'choice', choices };
};

const lark: FormOf = (value, param) => ({ kind: 'lark', grammar: textOf(value, param, maxGrammarCharacters) });
const gbnf: FormOf = (value, param) => ({ kind: 'gbnf', grammar: textOf(value, param, maxGrammarCharacters) });
/** As vLLM tells them apart: only GBNF writes its rules with `::=`. */
const anyGrammar: FormOf = (value, param) => {
  const grammar = textOf(value, param, maxGrammarCharacters);
  return { kind: grammar.includes('::=') ? 'gbnf' : 'lark', grammar };
};
/** llama.cpp's clients send an empty grammar for none. */
const optionalGrammar: FormOf = (value, param) => (value === '' ? undefined : anyGrammar(value, param));

const structuredForms = {
  json: jsonSchema,
  regex,
  choice,
  grammar: anyGrammar,
  json_object: (value, param) => {
    if (typeof value !== 'boolean') throw refusal(`"${param}" must be true or false.`, param);
    return value ? jsonObject : undefined;
  },
} satisfies Readonly<Record<string, FormOf>>;

function structuredOutputs(value: unknown): readonly FoundForm[] {
  if (isMissing(value)) return [];
  const param = 'structured_outputs';
  if (!isFields(value)) throw refusal(`"${param}" must be an object.`, param);
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(structuredForms, key) && !isMissing(value[key]));
  if (unknown !== undefined) {
    const known = Object.keys(structuredForms).join(', ');
    throw refusal(`"${param}" takes one of: ${known}.`, `${param}.${unknown.slice(0, 64)}`);
  }
  const found = formsIn(value, structuredForms, `${param}.`);
  if (found.length > 1) throw refusal(`"${param}" takes one form, not ${found.length}.`, param);
  return found;
}

const constraintForms = {
  response_format: formOfResponseFormat,
  guided_json: jsonSchema,
  guided_regex: regex,
  guided_choice: choice,
  guided_grammar: anyGrammar,
  json_schema: jsonSchema,
  grammar: optionalGrammar,
  gbnf,
  lark,
} satisfies Readonly<Record<string, FormOf>>;

const field = (description: string) => z.unknown().optional().meta({ description });

/** The fields of a body that say what form its answer has; `readConstraint` judges them. */
export const constraintFields = {
  response_format: field('text, json_object, or json_schema with a schema'),
  structured_outputs: field('as vLLM has it: json, regex, choice, grammar or json_object'),
  guided_json: field('a JSON Schema'),
  guided_regex: field('a regular expression'),
  guided_choice: field('a list of texts'),
  guided_grammar: field('a grammar: Lark or GBNF'),
  json_schema: field('a JSON Schema'),
  grammar: field('a grammar: GBNF or Lark'),
  gbnf: field('a grammar in GBNF'),
  lark: field('a grammar in Lark'),
} satisfies Readonly<Record<keyof typeof constraintForms | 'structured_outputs', z.ZodType>>;

function formsIn(fields: Fields, forms: Readonly<Record<string, FormOf>>, prefix: string): readonly FoundForm[] {
  return Object.entries(forms).flatMap(([name, formOf]) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const form = isMissing(value) ? undefined : formOf(value, prefix + name);
    return form === undefined ? [] : [{ param: prefix + name, form }];
  });
}

function textOf(value: unknown, param: string, maxCharacters: number): string {
  if (typeof value !== 'string' || value === '') throw refusal(`"${param}" must be a text that is not empty.`, param);
  if (value.length > maxCharacters) throw refusal(`"${param}" is longer than ${maxCharacters} characters.`, param);
  return value;
}

const isMissing = (value: unknown): value is null | undefined => value === undefined || value === null;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const refusal = (text: string, param: string): ServerError => new ServerError('invalid_request', text, { param });
