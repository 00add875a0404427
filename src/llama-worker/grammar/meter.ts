// How much work a grammar may make for one token. Counted, not timed: what is refused does not hang on the machine.
import { refusal } from './refusal.ts';

export interface Meter {
  /** @throws ServerError when that was too much */
  readonly spend: (steps: number) => void;
}

export function createMeter(limit: number): Meter {
  let left = limit;
  return {
    spend: (steps) => {
      left -= steps;
      if (left < 0) throw refusal("The answer's form became too ambiguous to follow.");
    },
  };
}
