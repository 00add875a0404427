// Verbs for the shell.
import { completionScript, namesVerb, type Shell, shells } from '../completion/scripts.ts';
import { modelSettings } from './settings-of.ts';
import type { VerbGroup } from './verb.ts';

export const shellVerbs: VerbGroup = {
  heading: 'Settings and shell:',
  verbs: [
    {
      name: 'completion',
      summary: 'script by which a shell completes verbs, options and models',
      details:
        'Put the line for your shell into its start file: ~/.bashrc, ~/.zshrc behind compinit, or ' +
        '~/.config/fish/config.fish.',
      args: [{ usage: '<shell>', doc: 'which shell', choices: shells }],
      settings: [],
      examples: ['mlxs completion bash', 'mlxs completion zsh', 'mlxs completion fish'],
      async act({ program, args: [shell] }) {
        const { describeProgram } = await import('../completion/describe-program.ts');
        return completionScript(shell as Shell, describeProgram(program));
      },
    },
    {
      name: namesVerb,
      summary: 'names of models, for the script',
      isHidden: true,
      settings: modelSettings,
      examples: [],
      act: async ({ flags }) => (await import('../list.ts')).listNames(flags),
    },
  ],
};
