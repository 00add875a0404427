// Verbs about the server itself.
import { version } from '../../config/index.ts';
import { CliFailure } from '../failure.ts';
import { everySetting, reachSettings } from './settings-of.ts';
import type { VerbGroup } from './verb.ts';

export const serverVerbs: VerbGroup = {
  heading: 'The server:',
  verbs: [
    {
      name: 'serve',
      summary: 'serve in the foreground',
      details:
        'Serves until SIGTERM or Ctrl-C: running requests then finish first, a second one ends at once. SIGHUP reads ' +
        'the configuration file again.',
      settings: everySetting,
      examples: [
        'mlxs serve',
        'mlxs serve --model starter/smollm2-135m-instruct',
        'mlxs serve --models-dir ~/models --models-dir /data/models --port 8080 --admin-port 8081',
      ],
      act: async ({ flags }) => (await import('../serve.ts')).serve(flags),
    },
    {
      name: 'status',
      summary: 'what the running server says of itself',
      json: true,
      settings: reachSettings,
      examples: ['mlxs status', 'mlxs status --json'],
      failure: 'no server answers',
      act: async ({ flags, options }) => (await import('../status.ts')).status(flags, options),
    },
    {
      name: 'doctor',
      summary: 'look for what keeps this machine from serving, and say how to mend it',
      details: 'Lets every engine load its starter model and write eight tokens. Touches no server that runs.',
      json: true,
      settings: ['host', 'port', 'adminHost', 'adminPort', 'modelsDirs', 'stateDir', 'configFile'],
      examples: ['mlxs doctor', 'mlxs doctor --json'],
      failure: 'there is a problem',
      act: async ({ flags, options }) => (await import('../doctor/doctor.ts')).doctor(flags, options),
    },
    {
      name: 'setup',
      summary: 'install and build what is missing; npm start does it too',
      settings: [],
      examples: ['bin/mlx-inference-server setup'],
      act: async () => {
        throw new CliFailure('Run it as "bin/mlx-inference-server setup": it works before anything is built.', 2);
      },
    },
    {
      name: 'version',
      summary: 'version of this program',
      json: true,
      settings: [],
      examples: ['mlxs version'],
      act: async ({ options }) => (options.json ? JSON.stringify({ version }) : version),
    },
  ],
};
