// config …: the settings.
import { everySetting } from './settings-of.ts';
import type { VerbGroup } from './verb.ts';

export const configVerbs: VerbGroup = {
  heading: 'Settings and shell:',
  parent: { name: 'config', summary: 'settings' },
  verbs: [
    {
      name: 'check',
      summary: 'whether the configuration can be used; every problem at once',
      details: 'Exits with 2 where it cannot be used.',
      json: true,
      settings: everySetting,
      examples: ['mlxs config check', 'mlxs config check --config ./config.yaml'],
      act: async ({ flags, options }) => (await import('../config-check.ts')).configCheck(flags, options),
    },
    {
      name: 'print',
      summary: 'every setting as it would be used, and where it comes from',
      json: true,
      settings: everySetting,
      examples: ['mlxs config print', 'mlxs config print --json'],
      act: async ({ flags, options }) => (await import('../config-print.ts')).configPrint(flags, options),
    },
    {
      name: 'schema',
      summary: 'JSON Schema of the configuration file',
      settings: [],
      examples: ['mlxs config schema'],
      act: async () => (await import('../config-check.ts')).configSchema(),
    },
  ],
};
