// The verbs with their flags and arguments, as commander wants them told.
import { Command, InvalidArgumentError, Option } from 'commander';
import { settingNames, settings, version } from '../config/index.ts';
import { configCheck, configSchema } from './config-check.ts';
import { configPrint } from './config-print.ts';
import * as daemon from './daemon/control.ts';
import { install, uninstall } from './daemon/install.ts';
import { keep } from './daemon/keep.ts';
import { doctor } from './doctor/doctor.ts';
import { estimate } from './estimate.ts';
import { CliFailure } from './failure.ts';
import { list } from './list.ts';
import { load, unload } from './model-control.ts';
import { pull } from './pull.ts';
import { type Flags, readConfig } from './read-config.ts';
import { rm } from './rm.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { ps, status } from './status.ts';

const examples = `
Examples:
  mlxs serve --model starter/smollm2-135m-instruct
  mlxs run starter/smollm2-135m-instruct-gguf "What is the capital of France?"
  mlxs run starter/shapes-vlm "What is this?" --image photo.jpg`;

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

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

interface GivenOptions {
  readonly json?: boolean;
  readonly image?: readonly string[];
  readonly context?: number;
}

/** A verb's work: what it prints, or nothing. */
type Verb = (
  flags: Flags,
  options: { readonly json: boolean; readonly image: readonly string[]; readonly context: number | undefined },
  args: readonly unknown[],
) => unknown;

/** Adds a verb that takes all settings; what it returns as text is printed. */
function addVerb(parent: Command, usage: string, description: string, verb: Verb): Command {
  return withSettings(parent.command(usage).description(description)).action(async (...actionArgs: unknown[]) => {
    const command = actionArgs.at(-1) as Command;
    const { json, image = [], context } = command.opts<GivenOptions>();
    const text = await verb(flagsOf(command), { json: json === true, image, context }, command.processedArgs);
    if (typeof text === 'string') process.stdout.write(`${text}\n`);
  });
}

/** As {@link addVerb}, for one that has data to print and so takes --json. */
const addDataVerb = (parent: Command, usage: string, description: string, verb: Verb): Command =>
  addVerb(parent, usage, description, verb).option('--json', 'print JSON');

/** `onExitCode` is told the exit code of a verb that ends in one of its own. */
export function buildProgram(onExitCode: (code: number) => void): Command {
  const program = new Command('mlx-inference-server')
    .description('Serves language models on this machine, each in a worker process of its own.')
    .version(version, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', examples);
  program
    .command('setup')
    .description('install and build what is missing; npm start does it too')
    .action(() => {
      throw new CliFailure('Run it as "bin/mlx-inference-server setup": it works before anything is built.', 2);
    });
  addVerb(program, 'serve', 'serve in the foreground', async (flags) => onExitCode(await serve(flags)));
  addVerb(program, 'run', 'one answer, or a chat when no prompt is given', (flags, { image }, [model, words]) =>
    run(flags, { model: model as string, prompt: (words as string[]).join(' ') || undefined, imageFiles: image }),
  )
    .option('--image <file>', 'an image to show the model; may be repeated', collect)
    .argument('<model>', 'org/name, or an alias')
    .argument('[prompt...]', 'what to ask; the words are joined');
  addDataVerb(program, 'pull', 'download a model from the hub', (flags, options, [model]) =>
    pull(flags, options, model as string),
  ).argument('<model>', 'org/name, or org/name:TAG for one GGUF quantisation');
  addDataVerb(program, 'rm', 'delete a downloaded model', (flags, options, [model]) =>
    rm(flags, options, model as string),
  ).argument('<model>', 'org/name, or org/name:TAG for one GGUF quantisation');
  addDataVerb(program, 'list', 'models on this machine', list);
  addDataVerb(program, 'ps', 'loaded models of the running server', ps);
  addDataVerb(program, 'load', 'load a model into the running server', (flags, options, [model]) =>
    load(flags, options, model as string),
  ).argument('<model>', 'org/name, or an alias');
  addDataVerb(program, 'unload', 'unload a model, or all, from the running server', (flags, options, [model]) =>
    unload(flags, options, model as string | undefined),
  ).argument('[model]', 'org/name, or an alias');
  addDataVerb(program, 'estimate', 'how much memory a model takes, before it is loaded', (flags, options, [model]) =>
    estimate(flags, { ...options, context: options.context ?? null }, model as string),
  )
    .option('--context <tokens>', 'for prompts and answers of so many tokens', wholeNumber)
    .argument('<model>', 'org/name, or an alias');
  addDataVerb(program, 'status', 'what the running server says of itself', status);
  addDataVerb(program, 'doctor', 'look for what keeps this machine from serving, and say how to mend it', doctor);
  addDataVerb(program, 'version', 'version of this program', (_, { json }) =>
    json ? JSON.stringify({ version }) : version,
  );
  addDaemonVerbs(program, onExitCode);
  const config = program.command('config').description('settings');
  addDataVerb(config, 'check', 'whether the configuration can be used; every problem at once', configCheck);
  config
    .command('schema')
    .description('JSON Schema of the configuration file')
    .action(() => void process.stdout.write(`${configSchema()}\n`));
  addDataVerb(config, 'print', 'every setting as it would be used, and where it comes from', configPrint);
  return program;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number from 1');
}

function addDaemonVerbs(program: Command, onExitCode: (code: number) => void): void {
  const parent = program.command('daemon').description('the server in the background');
  addDataVerb(parent, 'start', 'start it; it starts again after a crash', daemon.start);
  addDataVerb(parent, 'stop', 'let running requests finish, then end it', daemon.stop);
  addDataVerb(parent, 'restart', 'stop it, then start it', daemon.restart);
  addDataVerb(parent, 'status', 'whether it runs, and where it answers', daemon.status);
  addVerb(parent, 'logs', 'the last lines of its log', (flags, _, [lines]) =>
    daemon.logs(flags, { lines: lines as number }),
  ).argument('[lines]', 'how many', wholeNumber, 100);
  addDataVerb(parent, 'install', 'make it a service of this user (systemd or launchd), and start it', install);
  addDataVerb(parent, 'uninstall', 'remove that service', uninstall);
  const keeper = new Command('keep').action(async (...actionArgs: unknown[]) => {
    const flags = flagsOf(actionArgs.at(-1) as Command);
    const { config } = readConfig(flags);
    const words = daemon.flagWords(flags);
    const ready = daemon.readyFlag(config);
    onExitCode(await keep(config, [process.execPath, daemon.program, 'serve', ...words, ...ready]));
  });
  parent.addCommand(withSettings(keeper), { hidden: true });
}
