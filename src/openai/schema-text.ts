// A client's JSON Schema → its JSON text, measured before it is written: a huge one costs no more than the limit does.
import { ServerError } from '../core/index.ts';

export const maxSchemaBytes = 64 * 1024;
/** Schemas within schemas; OpenAI takes 10. */
export const maxSchemaDepth = 20;
const maxJsonDepth = 64;

/** Keywords whose value maps names of the client's to schemas: no level of their own. */
const mapsOfSchemas = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/**
 * Takes an object, true, or either as JSON text, which is how vLLM's clients may send it.
 *
 * @throws ServerError `invalid_request` with `param`
 */
export function schemaText(value: unknown, param: string): string {
  const refuse = (text: string): never => {
    throw new ServerError('invalid_request', `"${param}" ${text}`, { param });
  };
  const tooLong = `is longer than ${maxSchemaBytes} bytes.`;
  if (typeof value === 'string' && value.length > maxSchemaBytes) refuse(tooLong);
  const schema = typeof value === 'string' ? parsed(value) : value;
  if (schema === false) refuse('allows no answer at all.');
  if (schema !== true && (typeof schema !== 'object' || schema === null || Array.isArray(schema))) {
    refuse('must be a JSON Schema: an object.');
  }
  const fault = measure(schema);
  if (fault === 'long') refuse(tooLong);
  if (fault === 'deep') refuse(`nests schemas deeper than ${maxSchemaDepth} levels.`);
  const text = schema === true ? '{}' : JSON.stringify(schema);
  if (Buffer.byteLength(text) > maxSchemaBytes) refuse(tooLong);
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Gives up at the limit: the text would be at least as long as what was counted. */
function measure(schema: unknown): 'long' | 'deep' | null {
  let left = maxSchemaBytes;
  const visit = (value: unknown, schemaDepth: number, jsonDepth: number): 'long' | 'deep' | null => {
    left -= typeof value === 'string' ? value.length + 2 : 1;
    if (left < 0) return 'long';
    if (typeof value !== 'object' || value === null) return null;
    if (schemaDepth > maxSchemaDepth || jsonDepth > maxJsonDepth) return 'deep';
    if (Array.isArray(value)) {
      for (const entry of value) {
        const fault = visit(entry, schemaDepth, jsonDepth + 1);
        if (fault !== null) return fault;
      }
      return null;
    }
    for (const [key, entry] of Object.entries(value)) {
      left -= key.length + 3;
      const fault = visit(entry, schemaDepth + (mapsOfSchemas.has(key) ? 0 : 1), jsonDepth + 1);
      if (fault !== null) return fault;
    }
    return null;
  };
  return visit(schema, 0, 1);
}
