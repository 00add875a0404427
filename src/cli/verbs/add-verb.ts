// A verb as a commander command.
import { Argument, type Command, Option } from 'commander';
import { type SettingName, settings } from '../../config/index.ts';
import type { Flags } from '../read-config.ts';
import { addHelpEnd, described } from './help.ts';
import type { Verb, VerbArgument, VerbOption } from './verb.ts';

/** Carries a verb out. */
export type Perform = (verb: Verb, command: Command) => Promise<void>;

const placeholders: Partial<Record<SettingName, string>> = {
  host: 'address',
  port: 'number',
  adminHost: 'address',
  adminPort: 'number',
  model: 'model',
  modelsDirs: 'folder',
  stateDir: 'folder',
  configFile: 'file',
  readyFile: 'file',
  logLevel: 'level',
  logFormat: 'format',
};

export function addVerb(parent: Command, verb: Verb, perform: Perform): Command {
  const { name, summary, args = [], options = [], isHidden = false } = verb;
  const command = parent.command(name, { hidden: isHidden }).summary(summary).description(described(verb));
  for (const argument of args) command.addArgument(argumentOf(argument));
  for (const option of options) command.addOption(optionOf(option));
  if (verb.json === true) command.option('--json', 'print JSON');
  command.option('--no-color', 'no colours; NO_COLOR=1 does the same');
  command.helpOption('-h, --help', 'this page');
  for (const setting of verb.settings) command.addOption(settingOption(setting));
  addHelpEnd(command, verb);
  return command.action(() => perform(verb, command));
}

function argumentOf({ usage, doc, parse, fallback, choices }: VerbArgument): Argument {
  const argument = new Argument(usage, doc);
  if (choices !== undefined) argument.choices([...choices]);
  if (parse !== undefined) argument.argParser(parse);
  return fallback === undefined ? argument : argument.default(fallback);
}

function optionOf({ usage, doc, parse, fallback, repeats }: VerbOption): Option {
  const option = new Option(usage, doc);
  if (repeats === true) option.argParser((value, before: readonly string[] = []) => [...before, value]);
  else if (parse !== undefined) option.argParser(parse);
  return fallback === undefined ? option : option.default(fallback);
}

/** --models-dir may be repeated. */
function settingOption(name: SettingName): Option {
  const { flag, doc, env, shownDefault } = settings[name];
  const { choices }: { readonly choices?: readonly string[] } = settings[name];
  const usage = `${flag} <${placeholders[name] ?? 'value'}>`;
  const option = new Option(usage, `${doc} (default: ${shownDefault}${env === null ? '' : `; ${env}`})`);
  if (name === 'modelsDirs') option.argParser((value, before?: string) => (before ? `${before}:${value}` : value));
  if (choices !== undefined) option.choices(choices);
  return option.helpGroup('Settings:');
}

/** The settings among what was given, by their flags. */
export function flagsOf(verb: Verb, command: Command): Flags {
  const values: Readonly<Record<string, unknown>> = command.opts();
  const given = command.options.flatMap((option) => {
    const value = values[option.attributeName()];
    return typeof value === 'string' ? [[option.long!, value] as const] : [];
  });
  const flags = new Set(verb.settings.map((name) => settings[name].flag));
  return Object.fromEntries(given.filter(([flag]) => flags.has(flag)));
}
