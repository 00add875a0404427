// The commander program → what a shell may complete. What a value is, its placeholder says: <file>, <folder>, <model>.
import type { Argument, Command, Option } from 'commander';

export type Values =
  | { readonly kind: 'file' | 'folder' | 'model' | 'any' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

export interface CompletedOption {
  /** `-w`, `--watch`. */
  readonly names: readonly string[];
  readonly doc: string;
  /** Undefined: it takes none. */
  readonly values: Values | undefined;
}

export interface CompletedVerb {
  /** Empty for the program itself; `/daemon/start`. */
  readonly path: string;
  readonly doc: string;
  readonly options: readonly CompletedOption[];
  /** Verbs below it. */
  readonly verbs: readonly { readonly name: string; readonly doc: string }[];
  /** What its first argument may be; undefined where it takes none. */
  readonly values: Values | undefined;
}

/** The program and every verb that is not hidden. */
export function describeProgram(program: Command): readonly CompletedVerb[] {
  const help = program.createHelp();
  const describe = (command: Command, path: string): readonly CompletedVerb[] => {
    const below = help.visibleCommands(command);
    const own: CompletedVerb = {
      path,
      doc: command.summary(),
      options: help.visibleOptions(command).map(describeOption),
      verbs: below.map((one) => ({ name: one.name(), doc: one.summary() })),
      values: command.registeredArguments[0] && valuesOf(command.registeredArguments[0]),
    };
    return [own, ...below.flatMap((one) => describe(one, `${path}/${one.name()}`))];
  };
  return describe(program, '');
}

const describeOption = (option: Option): CompletedOption => ({
  names: [option.short, option.long].flatMap((name) => name ?? []),
  doc: option.description.replace(/ \(default: .*\)$/, ''),
  values: option.required || option.optional ? valuesOf(option) : undefined,
});

function valuesOf(taker: Option | Argument): Values {
  if (taker.argChoices !== undefined) return { kind: 'choice', choices: taker.argChoices };
  const placeholder = 'flags' in taker ? (/[<[](\w+)/.exec(taker.flags)?.[1] ?? '') : taker.name();
  if (placeholder === 'file' || placeholder === 'folder' || placeholder === 'model') return { kind: placeholder };
  return { kind: 'any' };
}
