// The command line: verbs, flags, exit codes. The only file that ends the process.
import { Command, CommanderError, Option } from 'commander';
import { settingNames, settings, version } from '../config/index.ts';
import { configPrint } from './config-print.ts';
import { CliFailure } from './failure.ts';
import { list } from './list.ts';
import type { Flags } from './read-config.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { ps, status } from './status.ts';

/** Every setting that has a flag becomes one on `command`; --models-dir may be repeated. */
function withSettings(command: Command): Command {
  for (const name of settingNames) {
    const { flag, doc, env, shownDefault } = settings[name];
    if (flag === null) continue;
    const option = new Option(`${flag} <value>`, `${doc} (default: ${shownDefault}${env === null ? '' : `; ${env}`})`);
    if (name === 'modelsDirs')
      option.argParser((value: string, before?: string) => (before ? `${before}:${value}` : value));
    command.addOption(option);
  }
  return command;
}

/** Commander's camelCase options back to the flags they were. */
function flagsOf(command: Command): Flags {
  const options: Record<string, unknown> = command.opts();
  return Object.fromEntries(
    command.options.flatMap((option) => {
      const value = options[option.attributeName()];
      return typeof value === 'string' ? [[option.long!, value]] : [];
    }),
  );
}

function buildProgram(onExitCode: (code: number) => void): Command {
  const program = new Command('mlx-inference-server')
    .description('Serves language models on this machine, each in a worker process of its own.')
    .version(version, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText(
      'after',
      '\nExamples:\n  mlxs serve --model starter/smollm2-135m-instruct\n  mlxs run starter/smollm2-135m-instruct-gguf "What is the capital of France?"',
    );
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  const printing = (
    name: string,
    description: string,
    show: (flags: Flags, options: { json: boolean }) => Promise<string> | string,
  ) =>
    withSettings(program.command(name).description(description))
      .option('--json', 'print JSON')
      .action(async (_: unknown, command: Command) => {
        print(await show(flagsOf(command), { json: command.opts().json === true }));
      });

  withSettings(program.command('serve').description('serve in the foreground')).action(
    async (_: unknown, command: Command) => {
      onExitCode(await serve(flagsOf(command)));
    },
  );
  withSettings(program.command('run').description('one answer, or a chat when no prompt is given'))
    .argument('<model>', 'org/name, or an alias')
    .argument('[prompt...]', 'what to ask; the words are joined')
    .action(async (model: string, prompt: string[], _: unknown, command: Command) => {
      await run(flagsOf(command), model, prompt.length === 0 ? undefined : prompt.join(' '));
    });
  printing('list', 'models on this machine', list);
  printing('ps', 'loaded models of the running server', ps);
  printing('status', 'what the running server says of itself', status);
  program
    .command('version')
    .description('version of this program')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => print(json === true ? JSON.stringify({ version }) : version));
  const config = program.command('config').description('settings');
  withSettings(config.command('print').description('every setting as it would be used, and where it comes from'))
    .option('--json', 'print JSON')
    .action((_: unknown, command: Command) =>
      print(configPrint(flagsOf(command), { json: command.opts().json === true })),
    );
  return program;
}

/** Runs the command line; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  try {
    await buildProgram((code) => {
      exitCode = code;
    }).parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CliFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
}

process.stdout.on('error', () => {}); // A reader that closed the pipe, as `| head` does, is no failure of ours.
process.exit(await main(process.argv.slice(2)));
