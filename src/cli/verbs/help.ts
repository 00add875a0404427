// How --help looks: own options before settings, examples and exit codes last, all wrapped to the terminal.
import { styleText } from 'node:util';
import type { Command, Help } from 'commander';
import type { Verb } from './verb.ts';

/** Commander takes the colours out again where they are not wanted. */
const bold = (text: string): string => styleText('bold', text, { validateStream: false });
const cyan = (text: string): string => styleText('cyan', text, { validateStream: false });

/** `run <model> [prompt...]`: that there are options goes without saying. */
function verbTerm(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...(command.commands.length > 0 ? ['<verb>'] : []), ...words].join(' ');
}

export const helpStyle: Partial<Help> = {
  styleTitle: bold,
  styleCommandText: cyan,
  styleSubcommandText: cyan,
  styleOptionText: cyan,
  styleArgumentText: cyan,
  subcommandTerm: verbTerm,
};

/** What --help says below the options. */
export function addHelpEnd(command: Command, { examples, failure }: Pick<Verb, 'examples' | 'failure'>): void {
  const codes = [
    '  0  done',
    `  1  failed${failure === undefined ? '' : `: ${failure}`}`,
    '  2  wrong usage or configuration',
  ];
  command.addHelpText(
    'after',
    ['', bold('Examples:'), ...examples.map((line) => `  ${line}`), '', bold('Exit codes:'), ...codes].join('\n'),
  );
}

/** The summary, and a paragraph below it. */
export const described = ({ summary, details }: Pick<Verb, 'summary' | 'details'>): string =>
  `${summary[0]!.toUpperCase()}${summary.slice(1)}.${details === undefined ? '' : `\n\n${details}`}`;
