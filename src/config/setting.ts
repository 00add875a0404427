// What one row of the table of settings says.
import type { Machine } from './machine.ts';
import type { Parse } from './parsers.ts';

export interface Setting<T> {
  /** Environment variable. */
  readonly env: string | null;
  /** Flag of `serve`; the key in the configuration file is the setting's name in snake_case. Never set for a secret. */
  readonly flag: string | null;
  readonly parse: Parse<T>;
  readonly fallback: (machine: Machine) => T;
  /** How the default reads in the documentation. */
  readonly shownDefault: string;
  readonly doc: string;
  /** All that it may be, where that is a short list. */
  readonly choices?: readonly string[];
  /** What a list in the configuration file is joined with before it is parsed; a colon unless said otherwise. */
  readonly separator?: string;
  /** When a reload of the file changes it; left out: not before a restart. */
  readonly reload?: 'at once' | 'at the next load';
}

export const setting = <T>(row: Setting<T>): Setting<T> => row;
