// daemon …: the server in the background.

import { wholeNumber } from './numbers.ts';
import { everySetting } from './settings-of.ts';
import type { Verb, VerbGroup } from './verb.ts';

const control = () => import('../daemon/control.ts');
const service = () => import('../daemon/install.ts');

const keep: Verb = {
  name: 'keep',
  summary: 'what "daemon start" leaves running',
  isHidden: true,
  settings: everySetting,
  examples: [],
  async act({ flags }) {
    const [{ keep: run }, { flagWords, program, readyFlag }] = await Promise.all([
      import('../daemon/keep.ts'),
      control(),
    ]);
    const { config } = (await import('../read-config.ts')).readConfig(flags);
    return run(config, [process.execPath, program, 'serve', ...flagWords(flags), ...readyFlag(config)]);
  },
};

export const daemonVerbs: VerbGroup = {
  heading: 'The server:',
  parent: { name: 'daemon', summary: 'the server in the background' },
  verbs: [
    {
      name: 'start',
      summary: 'start it; it starts again after a crash',
      details: 'Returns once both ports answer. Takes the flags of serve.',
      json: true,
      settings: everySetting,
      examples: ['mlxs daemon start', 'mlxs daemon start --model starter/smollm2-135m-instruct-gguf --port 8080'],
      act: async ({ flags, options }) => (await control()).start(flags, options),
    },
    {
      name: 'stop',
      summary: 'let running requests finish, then end it',
      json: true,
      settings: ['stateDir', 'configFile'],
      examples: ['mlxs daemon stop'],
      act: async ({ flags, options }) => (await control()).stop(flags, options),
    },
    {
      name: 'restart',
      summary: 'stop it, then start it',
      details: 'Takes the flags of serve; those of the last start are not kept.',
      json: true,
      settings: everySetting,
      examples: ['mlxs daemon restart'],
      act: async ({ flags, options }) => (await control()).restart(flags, options),
    },
    {
      name: 'status',
      summary: 'whether it runs, and where it answers',
      json: true,
      settings: ['stateDir', 'configFile'],
      examples: ['mlxs daemon status', 'mlxs daemon status --json'],
      act: async ({ flags, options }) => (await control()).status(flags, options),
    },
    {
      name: 'logs',
      summary: 'the last lines of its log',
      args: [{ usage: '[lines]', doc: 'how many', parse: wholeNumber(1, 999_999), fallback: 100 }],
      settings: ['stateDir', 'configFile'],
      examples: ['mlxs daemon logs', 'mlxs daemon logs 500'],
      act: async ({ flags, args: [lines] }) => (await control()).logs(flags, { lines: lines as number }),
    },
    {
      name: 'install',
      summary: 'make it a service of this user (systemd or launchd), and start it',
      details: 'Takes the flags of serve.',
      json: true,
      settings: everySetting,
      examples: ['mlxs daemon install', 'mlxs daemon install --model starter/smollm2-135m-instruct'],
      act: async ({ flags, options }) => (await service()).install(flags, options),
    },
    {
      name: 'uninstall',
      summary: 'remove that service',
      json: true,
      settings: ['stateDir', 'configFile'],
      examples: ['mlxs daemon uninstall'],
      act: async ({ flags, options }) => (await service()).uninstall(flags, options),
    },
    keep,
  ],
};
