// What a verb of the command line says of itself. The parser, the help and the completions are all made from it.
import type { Command } from 'commander';
import type { SettingName } from '../../config/index.ts';
import type { Flags } from '../read-config.ts';

export interface VerbArgument {
  /** As commander writes it: `<model>`, `[prompt...]`. A shell completes what is called model, file or folder. */
  readonly usage: string;
  readonly doc: string;
  readonly choices?: readonly string[];
  readonly parse?: (text: string) => unknown;
  readonly fallback?: unknown;
}

export interface VerbOption {
  /** As commander writes it: `--image <file>`. */
  readonly usage: string;
  readonly doc: string;
  /** May be given more than once; its value is a list. */
  readonly repeats?: boolean;
  readonly parse?: (text: string) => unknown;
  readonly fallback?: unknown;
}

export interface VerbInput {
  /** Settings by their flags. */
  readonly flags: Flags;
  /** Values of the verb's own options, `json` among them. */
  readonly options: Readonly<Record<string, unknown>> & { readonly json: boolean };
  readonly args: readonly unknown[];
  /** The whole command line that the verb is part of. */
  readonly program: Command;
}

export interface Verb {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** A paragraph for --help; it is wrapped to the terminal. */
  readonly details?: string;
  readonly args?: readonly VerbArgument[];
  readonly options?: readonly VerbOption[];
  /** Whether --json gives its data. */
  readonly json?: boolean;
  /** Settings that change what it does; others it does not take. */
  readonly settings: readonly SettingName[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** What exit code 1 means, where it is more than that it failed. */
  readonly failure?: string;
  readonly isHidden?: boolean;
  /** A text is printed, a number is the exit code. */
  readonly act: (input: VerbInput) => Promise<string | number | undefined>;
}

export interface VerbGroup {
  readonly heading: string;
  /** Set where its verbs are called as `mlxs PARENT VERB`. */
  readonly parent?: { readonly name: string; readonly summary: string };
  readonly verbs: readonly Verb[];
}
