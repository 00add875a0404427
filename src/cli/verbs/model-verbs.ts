// Verbs about models: on this machine, and in the running server.
import { wholeNumber } from './numbers.ts';
import { modelSettings, reachSettings } from './settings-of.ts';
import type { VerbArgument, VerbGroup } from './verb.ts';

const named: VerbArgument = { usage: '<model>', doc: 'org/name, or an alias' };
const tagged: VerbArgument = {
  usage: '<model>',
  doc: 'org/name, or org/name:TAG for one GGUF quantisation',
};

export const modelVerbs: VerbGroup = {
  heading: 'Models:',
  verbs: [
    {
      name: 'list',
      summary: 'models on this machine',
      json: true,
      settings: modelSettings,
      examples: ['mlxs list', 'mlxs list --models-dir ~/models --json'],
      act: async ({ flags, options }) => (await import('../list.ts')).list(flags, options),
    },
    {
      name: 'pull',
      summary: 'download a model from the hub',
      details: 'What has arrived is kept: called again, it goes on where it was stopped.',
      args: [tagged],
      json: true,
      settings: ['configFile'],
      examples: ['mlxs pull org/name', 'mlxs pull org/name:Q8_0'],
      act: async ({ flags, options, args: [model] }) =>
        (await import('../pull.ts')).pull(flags, options, model as string),
    },
    {
      name: 'rm',
      summary: 'delete a downloaded model',
      args: [tagged],
      json: true,
      settings: ['configFile'],
      examples: ['mlxs rm org/name', 'mlxs rm org/name:Q8_0'],
      act: async ({ flags, options, args: [model] }) => (await import('../rm.ts')).rm(flags, options, model as string),
    },
    {
      name: 'estimate',
      summary: 'how much memory a model takes, before it is loaded',
      args: [named],
      options: [
        {
          usage: '--context <tokens>',
          doc: 'for prompts and answers of so many tokens',
          parse: wholeNumber(1, 16_777_216),
        },
      ],
      json: true,
      settings: modelSettings,
      examples: ['mlxs estimate starter/smollm2-135m-instruct', 'mlxs estimate org/name:Q4_K_M --context 32768 --json'],
      act: async ({ flags, options, args: [model] }) => {
        const context = (options.context as number | undefined) ?? null;
        return await (await import('../estimate.ts')).estimate(flags, { ...options, context }, model as string);
      },
    },
    {
      name: 'ps',
      summary: 'loaded models of the running server',
      details:
        'Memory is that of weights and buffers. RUN and WAIT count requests, TOK/S are those of the last two seconds, ' +
        'UNLOADS says when a model that nobody uses goes. A narrow terminal shows fewer columns, --json gives all.',
      options: [{ usage: '-w, --watch', doc: 'again each second, until Ctrl-C' }],
      json: true,
      settings: reachSettings,
      examples: ['mlxs ps', 'mlxs ps --watch', 'mlxs ps --json'],
      failure: 'no server answers',
      act: async ({ flags, options }) =>
        (await import('../ps.ts')).ps(flags, { ...options, watch: options.watch === true }),
    },
    {
      name: 'load',
      summary: 'load a model into the running server',
      args: [named],
      json: true,
      settings: reachSettings,
      examples: ['mlxs load starter/smollm2-135m-instruct'],
      failure: 'no server answers, or the model could not be loaded',
      act: async ({ flags, options, args: [model] }) =>
        (await import('../model-control.ts')).load(flags, options, model as string),
    },
    {
      name: 'unload',
      summary: 'unload a model, or all, from the running server',
      details: 'An answer that runs in it goes on in a new worker.',
      args: [{ ...named, usage: '[model]', doc: 'org/name, or an alias; all when left out' }],
      json: true,
      settings: reachSettings,
      examples: ['mlxs unload starter/smollm2-135m-instruct', 'mlxs unload'],
      failure: 'no server answers',
      act: async ({ flags, options, args: [model] }) =>
        (await import('../model-control.ts')).unload(flags, options, model as string | undefined),
    },
  ],
};
