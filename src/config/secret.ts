// A text that no log, error, JSON or inspection ever shows.
import { inspect } from 'node:util';

const mask = '***';

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one who has to compare or send it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

export interface ApiKey {
  /** Who it belongs to; shown in the log in place of the key. */
  readonly name: string;
  readonly secret: Secret;
}
