// The rules of one GBNF grammar in the making. Expressions are GBNF text that stands safely inside a sequence.

/** GBNF has no more repetitions than 2000 in one; longer ones are made of blocks. */
const blockLength = 1000;

export interface Rules {
  /** Adds a rule, made when it is needed for the first time; returns its name. Rules may name themselves. */
  readonly named: (key: string, make: () => string) => string;
  /** Adds a rule without a meaning of its own; short expressions stay as they are. */
  readonly rule: (expression: string) => string;
  /** One that these rules have not handed out before. */
  readonly number: () => number;
  readonly text: (root: string) => string;
}

export function createRules(): Rules {
  const names = new Map<string, string>();
  const bodies = new Map<string, string>();
  let numbers = 0;
  const named: Rules['named'] = (key, make) => {
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = `r${names.size}`;
    names.set(key, name);
    bodies.set(name, make());
    return name;
  };
  return {
    named,
    rule: (expression) =>
      /^(\w+|"[^"]*"|\[[^\]]*\])$/.test(expression) ? expression : named(`= ${expression}`, () => expression),
    number: () => {
      numbers += 1;
      return numbers;
    },
    text: (root) => [`root ::= ${root}`, ...[...bodies].map(([name, body]) => `${name} ::= ${body}`)].join('\n'),
  };
}

export const oneOf = (alternatives: readonly string[]): string =>
  alternatives.length === 1 ? alternatives[0]! : `(${[...new Set(alternatives)].join(' | ')})`;

/** `expression` at least `min` and at most `max` times, Infinity for no bound. It must not be empty itself. */
export function repeated(rules: Rules, expression: string, min: number, max: number): string {
  if (max === 0) return '';
  const one = rules.rule(expression);
  if (min === 1 && max === 1) return one;
  if (min > blockLength) {
    const block = rules.rule(`${one}{${blockLength}}`);
    return `${block} ${repeated(rules, expression, min - blockLength, max - blockLength)}`;
  }
  if (max === Infinity) return min === 0 ? `${one}*` : `${one}{${min},}`;
  if (max <= blockLength) return `${one}{${min},${max}}`;
  const more = rules.rule(repeated(rules, expression, 0, max - blockLength));
  const full = `${one}{${blockLength}} ${more}`;
  return `(${one}{${min},${blockLength - 1}} | ${full})`;
}
