// Arguments that a model wrote as plain text, one by one → JSON, by the types that the tool's schema declares.

import type { ToolDefinition } from '../core/index.ts';
import { addArguments, closeCall } from './call-writer.ts';
import type { CallContext } from './tool-format.ts';

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The types that a schema admits, as far as it says so at its top. */
function typesOf(schema: unknown): readonly unknown[] {
  const { type, anyOf, oneOf, enum: values } = record(schema);
  if (type !== undefined) return [type].flat();
  const branches = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  if (branches.length > 0) return branches.flatMap(typesOf);
  return Array.isArray(values) ? values.map((value) => (value === null ? 'null' : typeof value)) : [];
}

/** JSON text of what `text` stands for as argument `key` of `tool`. Text that is no JSON is a string. */
export function jsonOfText(text: string, key: string, tool: ToolDefinition | undefined): string {
  const properties = record(tool?.parameters.properties);
  const types = typesOf(Object.hasOwn(properties, key) ? properties[key] : undefined);
  const trimmed = text.trim();
  if (types.includes('string') && !(trimmed === 'null' && types.includes('null'))) return JSON.stringify(text);
  if (trimmed === 'True' || trimmed === 'False') return trimmed.toLowerCase();
  if (trimmed === 'None') return 'null';
  try {
    JSON.parse(trimmed);
    return trimmed;
  } catch {
    return JSON.stringify(text); // No JSON: a string, whatever the schema says; the tool can tell its model.
  }
}

export interface ArgumentWriter {
  /** `json` is the value's JSON text. */
  add(key: string, json: string): void;
  close(): void;
}

/** Streams an object of arguments into the open call, one at a time. */
export function createArgumentWriter(context: CallContext): ArgumentWriter {
  let empty = true;
  return {
    add(key, json) {
      addArguments(context, `${empty ? '{' : ', '}${JSON.stringify(key)}: ${json}`);
      empty = false;
    },
    close() {
      addArguments(context, empty ? '{}' : '}');
      closeCall(context);
    },
  };
}
