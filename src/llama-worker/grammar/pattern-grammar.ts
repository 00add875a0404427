// A parsed pattern → a GBNF expression, in plain text or inside a JSON string, where some characters are escaped.
import { anyCharacter, type CharacterSet, classOf, common, literal, without } from './characters.ts';
import { refusal } from './refusal.ts';
import { type Pattern, parsePattern } from './regex.ts';
import { oneOf, type Rules, repeated } from './rules.ts';

/** One character of the set, as the place where the pattern stands writes it; null when the set is empty. */
type Character = (set: CharacterSet) => string | null;

const shortEscapes: Readonly<Record<number, string>> = {
  8: 'b',
  9: 't',
  10: 'n',
  12: 'f',
  13: 'r',
  34: '"',
  92: '\\',
};
const escapedSet: CharacterSet = [
  [0, 31],
  [34, 34],
  [92, 92],
];

const plainCharacter: Character = classOf;

const jsonCharacter: Character = (set) => {
  const direct = classOf(without(set, escapedSet));
  const escapes = common(set, escapedSet).flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, index) => {
      const point = from + index;
      return literal(`\\${shortEscapes[point] ?? `u${point.toString(16).padStart(4, '0')}`}`);
    }),
  );
  const ways = [...(direct === null ? [] : [direct]), ...escapes];
  return ways.length === 0 ? null : oneOf(ways);
};

/** The whole text matches. @throws ServerError for what is not regular */
export function plainPattern(rules: Rules, source: string): string {
  return oneOf(parsePattern(source).map(({ pattern }) => expression(rules, pattern, plainCharacter)));
}

/** The inside of a JSON string of which some part matches, as JSON Schema has it. @throws ServerError */
export function jsonPattern(rules: Rules, source: string): string {
  const around = `${rules.rule(jsonCharacter(anyCharacter) ?? '')}*`;
  return oneOf(
    parsePattern(source).map(({ pattern, atStart, atEnd }) =>
      [atStart ? '' : around, expression(rules, pattern, jsonCharacter), atEnd ? '' : around].join(' '),
    ),
  );
}

function expression(rules: Rules, pattern: Pattern, character: Character): string {
  switch (pattern.kind) {
    case 'set': {
      const one = character(pattern.set);
      if (one === null) throw refusal('A pattern has a class without any character.');
      return one;
    }
    case 'sequence':
      return pattern.parts.map((part) => expression(rules, part, character)).join(' ') || '""';
    case 'alternatives':
      return oneOf(pattern.branches.map((branch) => expression(rules, branch, character)));
    case 'repeat': {
      const of = expression(rules, pattern.of, character);
      if (pattern.max === 1) return pattern.min === 1 ? of : `(${of})?`;
      return repeated(rules, of, pattern.min, pattern.max) || '""';
    }
  }
}
