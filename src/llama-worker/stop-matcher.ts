// Finds the first stop string to be completed, however the text is cut into pieces, and says what is certain not to
// belong to one. Pure; one state a sequence (Knuth–Morris–Pratt, one automaton a stop string).

interface Automaton {
  readonly stop: string;
  /** Longest proper prefix of the stop that ends at each of its characters. */
  readonly fallback: readonly number[];
  /** How much of the stop the text ends with now. */
  matched: number;
}

export interface StopMatch {
  /** Text that is certain: it precedes any stop string, complete or begun. */
  readonly text: string;
  /** The stop string that was completed; the matcher takes no more text after that. */
  readonly stop: string | null;
}

export interface StopMatcher {
  push(text: string): StopMatch;
  /** What is held back; at the end of the answer it is certain. */
  flush(): string;
}

function fallbackTable(stop: string): number[] {
  const table = [0];
  let length = 0;
  for (let index = 1; index < stop.length; index += 1) {
    while (length > 0 && stop[index] !== stop[length]) length = table[length - 1]!;
    if (stop[index] === stop[length]) length += 1;
    table.push(length);
  }
  return table;
}

function advance(automaton: Automaton, character: string): void {
  const { stop, fallback } = automaton;
  while (automaton.matched > 0 && stop[automaton.matched] !== character) {
    automaton.matched = fallback[automaton.matched - 1]!;
  }
  if (stop[automaton.matched] === character) automaton.matched += 1;
}

/**
 * The stop that is completed first wins, so that where the text is cut never matters; of two that are completed by the
 * same character the longer, which begins earlier. Empty stop strings never match.
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const automata = stops
    .filter((stop) => stop.length > 0)
    .map((stop): Automaton => ({ stop, fallback: fallbackTable(stop), matched: 0 }))
    .sort((one, other) => other.stop.length - one.stop.length);
  let held = '';

  const push = (text: string): StopMatch => {
    if (automata.length === 0) return { text, stop: null };
    const all = held + text;
    for (let index = held.length; index < all.length; index += 1) {
      const character = all[index]!;
      for (const automaton of automata) advance(automaton, character);
      const complete = automata.find((automaton) => automaton.matched === automaton.stop.length);
      if (complete) {
        held = '';
        return { text: all.slice(0, index + 1 - complete.stop.length), stop: complete.stop };
      }
    }
    let begun = 0;
    for (const automaton of automata) begun = Math.max(begun, automaton.matched);
    held = all.slice(all.length - begun);
    return { text: all.slice(0, all.length - begun), stop: null };
  };

  return {
    push,
    flush: () => {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
