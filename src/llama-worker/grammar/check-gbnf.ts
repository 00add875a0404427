// Refuses what no answer can be held to: rules that begin with themselves, repetitions of nothing, undefined rules, more
// ways into a rule than a matcher is to follow. In time that grows with the grammar, not with its ways.
import { type Alternatives, type Element, parseGbnf } from './parse-gbnf.ts';
import { refusal } from './refusal.ts';

/** Ways to begin a rule: each is looked at with every byte. */
const maxWays = 5000;
/** Rules and repetitions once written out. */
const maxParts = 100_000;
const maxChain = 1000;

/** Its rules. @throws ServerError */
export function checkGbnf(source: string): ReadonlyMap<string, Alternatives> {
  const rules = parseGbnf(source);
  if (!rules.has('root')) throw refusal('The grammar has no rule named root.');
  const isEmpty = emptiness(rules);
  const known = new Map<string, number>();
  const entered: string[] = [];
  const waysInto = (name: string): number => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (entered.includes(name)) throw refusal(`The rule ${shown(name)} begins with itself; no text can be written so.`);
    if (entered.length > maxChain)
      throw refusal('The grammar has too long a chain of rules that begin with each other.');
    entered.push(name);
    const ways = waysOf(rules.get(name) ?? []);
    entered.pop();
    known.set(name, ways);
    return ways;
  };
  const waysOf = (alternatives: Alternatives): number => {
    let ways = 0;
    for (const elements of alternatives) {
      ways += 1;
      for (const element of elements) {
        ways += elementWays(element);
        if (!isEmpty(element)) break;
      }
      if (ways > maxWays) throw refusal(`The grammar has more than ${maxWays} ways to begin one of its rules.`);
    }
    return ways;
  };
  const elementWays = (element: Element): number => {
    switch (element.kind) {
      case 'text':
      case 'class':
        return 1;
      case 'rule':
        return waysInto(element.name);
      case 'group':
        return waysOf(element.alternatives);
      case 'repeat':
        return elementWays(element.of);
    }
  };
  let parts = 0;
  const visit = (element: Element): void => {
    parts += 1;
    if (element.kind === 'rule' && !rules.has(element.name)) {
      throw refusal(`The grammar names a rule ${shown(element.name)} that it does not have.`);
    }
    if (element.kind === 'group') for (const inner of element.alternatives.flat()) visit(inner);
    if (element.kind !== 'repeat') return;
    if (element.max > 1 && isEmpty(element.of)) throw refusal('The grammar repeats what may be empty.');
    parts += element.max === Infinity ? element.min : element.max;
    visit(element.of);
  };
  for (const alternatives of rules.values()) for (const element of alternatives.flat()) visit(element);
  if (parts > maxParts) throw refusal('The grammar is too large when its repetitions are written out.');
  for (const name of rules.keys()) waysInto(name);
  return rules;
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 64));

/** Whether an element may write nothing. Each round over the rules finds more of them empty, until none does. */
function emptiness(rules: ReadonlyMap<string, Alternatives>): (element: Element) => boolean {
  const empty = new Set<string>();
  const isEmpty = (element: Element): boolean => {
    switch (element.kind) {
      case 'text':
        return element.text === '';
      case 'class':
        return false;
      case 'rule':
        return empty.has(element.name);
      case 'group':
        return element.alternatives.some((elements) => elements.every(isEmpty));
      case 'repeat':
        return element.min === 0 || isEmpty(element.of);
    }
  };
  for (let size = -1; size !== empty.size; ) {
    size = empty.size;
    for (const [name, alternatives] of rules) {
      if (alternatives.some((elements) => elements.every(isEmpty))) empty.add(name);
    }
  }
  return isEmpty;
}
