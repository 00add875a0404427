// The configuration file as JSON Schema, for editors and checks: from the same table that the file is read with.
import { z } from 'zod';
import { modelSettingsSchema } from './model-settings.ts';
import { fileKey, settingNames, settings } from './settings.ts';

/** JSON Schema (draft 2020-12) of the file. */
export function configFileSchema(): object {
  const shape: Record<string, z.ZodType> = {};
  for (const name of settingNames) {
    if (name === 'configFile') continue;
    const { parse, doc, shownDefault } = settings[name];
    shape[fileKey(name)] = parse.schema.optional().describe(`${doc} Default: ${shownDefault}.`);
  }
  const schema = z.strictObject({
    ...shape,
    aliases: z.record(z.string(), z.string()).optional().describe('Other names for models: name → org/name.'),
    models: z.record(z.string(), modelSettingsSchema).optional().describe('Settings of single models, by org/name.'),
  });
  return { ...z.toJSONSchema(schema, { io: 'input' }), title: 'Configuration file of the MLX Inference Server' };
}
