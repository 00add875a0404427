// JSON's own parts as GBNF: white space, strings, any value, exact values, names other than some.
import { type CharacterSet, classOf, literal, single, without } from './characters.ts';
import { oneOf, type Rules } from './rules.ts';

/** As much white space as models like to write, but no endless run of it; the MLX workers' grammars have the same. */
export const space = (rules: Rules): string => rules.rule('(" " | "\\n"{1,2} [ \\t]{0,20})?');
export const comma = (rules: Rules): string => rules.rule(`"," ${space(rules)}`);

/** Characters that a string holds as they are. */
const directCharacters: CharacterSet = without(
  [
    [0x20, 0xd7ff],
    [0xe000, 0x10ffff],
  ],
  [single('"'), single('\\')],
);

/** One character of a string; no half of a surrogate pair, so that a length is a number of these. */
export const stringCharacter = (rules: Rules): string => {
  const unit = '([0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2})';
  return rules.rule(`(${classOf(directCharacters)} | "\\\\" (["\\\\/bfnrt] | "u" ${unit}))`);
};

export const anyString = (rules: Rules): string => rules.rule(`"\\"" ${stringCharacter(rules)}* "\\""`);
export const anyNumber = (rules: Rules): string =>
  rules.rule(`"-"? ("0" | [1-9] [0-9]{0,15}) ("." [0-9]{1,15})? ([eE] [-+]? [1-9] [0-9]?)?`);

/** `"name": value`. */
export const member = (rules: Rules, name: string, value: string): string =>
  `${literal(JSON.stringify(name))} ":" ${space(rules)} ${value}`;

export const anyValue = (rules: Rules): string =>
  rules.named('any value', () =>
    oneOf([anyObject(rules), anyArray(rules), anyString(rules), anyNumber(rules), '"true"', '"false"', '"null"']),
  );

export const anyObject = (rules: Rules): string =>
  rules.named('any object', () => {
    const pair = `${anyString(rules)} ":" ${space(rules)} ${anyValue(rules)}`;
    return listOf(rules, '{', `${rules.rule(pair)} (${comma(rules)} ${rules.rule(pair)})*`, '}');
  });

export const anyArray = (rules: Rules): string =>
  rules.named('any array', () => listOf(rules, '[', `${anyValue(rules)} (${comma(rules)} ${anyValue(rules)})*`, ']'));

/** Brackets around nothing or around `inner`. */
const listOf = (rules: Rules, open: string, inner: string, close: string): string =>
  `"${open}" ${space(rules)} (${inner} ${space(rules)})? "${close}"`;

/** Exactly one of these texts. A tree of common beginnings: however many there are, few can go on at any time. */
export function oneOfTexts(rules: Rules, texts: readonly string[]): string {
  const distinct = [...new Set(texts)].sort();
  const tree = (rest: readonly string[]): string => {
    const branches = new Map<string, string[]>();
    for (const text of rest) {
      const [first = ''] = text;
      const group = branches.get(first) ?? [];
      group.push(text.slice(first.length));
      branches.set(first, group);
    }
    return oneOf(
      [...branches].map(([first, tails]) => {
        if (first === '') return '""';
        if (tails.length === 1) return literal(first + tails[0]);
        const shared = commonBeginning(tails);
        return `${literal(first + shared)} ${rules.rule(tree(tails.map((tail) => tail.slice(shared.length))))}`;
      }),
    );
  };
  return rules.rule(tree(distinct));
}

function commonBeginning(texts: readonly string[]): string {
  const characters = Array.from(texts[0] ?? '');
  let length = 0;
  for (const character of characters) {
    if (!texts.every((text) => text.startsWith(character, length))) break;
    length += character.length;
  }
  return characters.join('').slice(0, length);
}

/** A quoted name that is none of `names`; without escapes, which could spell one of them. */
export function otherName(rules: Rules, names: readonly string[]): string {
  const free = rules.rule(`${classOf(directCharacters)}*`);
  const writable = names.filter((name) => JSON.stringify(name) === `"${name}"`);
  const tree = (rest: readonly string[]): string => {
    const branches = new Map<string, string[]>();
    for (const [first, ...tail] of rest.map((name) => Array.from(name))) {
      if (first !== undefined) branches.set(first, [...(branches.get(first) ?? []), tail.join('')]);
    }
    const taken = [...branches.keys()].map(single);
    const others = classOf(without(directCharacters, taken));
    const ways = [...branches].map(([first, tails]) => `${literal(first)} ${rules.rule(tree(tails))}`);
    if (others !== null) ways.push(`${others} ${free}`);
    return oneOf(rest.includes('') ? ways : [...ways, '""']);
  };
  return `"\\"" ${rules.rule(tree(writable))} "\\""`;
}
