// What a row of the table of settings holds.
import type { Machine } from './machine.ts';
import type { Parse } from './parsers.ts';

export interface Setting<T> {
  /** Environment variable. */
  readonly env: string | null;
  /** Flag of `serve`; the key in the configuration file is the setting's name in snake_case. */
  readonly flag: string | null;
  readonly parse: Parse<T>;
  /** What a list in the configuration file is joined with, as the variable would be written; a colon if nothing is said. */
  readonly separator?: string;
  readonly fallback: (machine: Machine) => T;
  /** How the default reads in the documentation. */
  readonly shownDefault: string;
  readonly doc: string;
}

export const setting = <T>(row: Setting<T>): Setting<T> => row;
