// The command line as commander is told it, from the tables of verbs.
import { Command } from 'commander';
import { version } from '../config/index.ts';
import { addVerb, flagsOf, type Perform } from './verbs/add-verb.ts';
import { addHelpEnd, described, helpStyle } from './verbs/help.ts';
import type { VerbGroup } from './verbs/verb.ts';
import { verbGroups } from './verbs/verb-groups.ts';

const examples = [
  'mlxs run starter/smollm2-135m-instruct-gguf',
  'mlxs run starter/smollm2-135m-instruct-gguf "What is the capital of France?"',
  'mlxs serve --model starter/smollm2-135m-instruct',
  'mlxs daemon start',
  'mlxs ps',
];
const summary = 'serves language models on this machine, each in a worker process of its own';
const details =
  'mlxs is the short name of mlx-inference-server. "mlxs VERB --help" shows the arguments, options and examples of a verb.';

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));

/** Carries the verb out and prints what it returns; `onExitCode` is told the code of one that ends in one of its own. */
const performer =
  (onExitCode: (code: number) => void): Perform =>
  async (verb, command) => {
    const values = command.opts();
    const options = { ...values, json: values.json === true };
    const result = await verb.act({
      flags: flagsOf(verb, command),
      options,
      args: command.processedArgs,
      program: rootOf(command),
    });
    if (typeof result === 'string') process.stdout.write(`${result}\n`);
    if (typeof result === 'number') onExitCode(result);
  };

export function buildProgram(onExitCode: (code: number) => void, perform: Perform = performer(onExitCode)): Command {
  const program = new Command('mlxs')
    .description(described({ summary, details }))
    .version(version, '-V, --version', 'version of this program')
    .option('--no-color', 'no colours; NO_COLOR=1 does the same')
    .helpOption('-h, --help', 'this page')
    .helpCommand(false)
    .usage('<verb> [options]')
    .configureHelp(helpStyle)
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible)');
  addHelpEnd(program, { examples });
  for (const group of verbGroups) addGroup(program, group, perform);
  return program;
}

function addGroup(program: Command, { heading, parent, verbs }: VerbGroup, perform: Perform): void {
  program.commandsGroup(heading);
  const target = parent === undefined ? program : addParent(program, parent);
  for (const verb of verbs) addVerb(target, verb, perform);
  const shown = verbs.filter(({ isHidden }) => isHidden !== true);
  if (parent !== undefined) addHelpEnd(target, { examples: shown.flatMap(({ examples: [first] }) => first ?? []) });
}

const addParent = (program: Command, { name, summary }: { readonly name: string; readonly summary: string }): Command =>
  program
    .command(name)
    .summary(summary)
    .description(described({ summary }))
    .usage('<verb> [options]')
    .helpOption('-h, --help', 'this page')
    .helpCommand(false);
