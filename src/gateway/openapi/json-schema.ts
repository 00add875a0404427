// zod → JSON Schema as clients write it: what goes in, before defaults and transforms.
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Lists from clients are counted before their entries are judged; both steps are one schema to the reader. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { entry } = jsonSchema as { entry?: z.ZodType };
      if (entry !== undefined) {
        delete (jsonSchema as JsonSchema).entry;
        jsonSchema.items = jsonSchemaOf(entry) as typeof jsonSchema;
      }
      const { def } = zodSchema._zod;
      if (def.type === 'pipe' && isOpen(jsonSchema))
        Object.assign(jsonSchema, outcome((def as z.core.$ZodPipeDef).out));
    },
  });
  return json;
}

/** Nothing is said of what goes in, or of the entries that go in. */
const isOpen = (json: JsonSchema): boolean =>
  Object.keys(json).length === 0 || (json.type === 'array' && Object.keys((json.items as object) ?? {}).length === 0);

/** What the second step asks for; a plain function asks for nothing. */
const outcome = (out: z.core.$ZodType): JsonSchema =>
  out._zod.def.type === 'transform' ? {} : jsonSchemaOf(out as z.ZodType);
