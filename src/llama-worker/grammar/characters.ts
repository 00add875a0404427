// Sets of characters as sorted ranges of code points, and how GBNF writes them. Pure.

/** First and last code point. */
export type Range = readonly [number, number];
export type CharacterSet = readonly Range[];

/** All of Unicode but the surrogates, which no text has. */
export const anyCharacter: CharacterSet = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

export const single = (character: string): Range => {
  const point = character.codePointAt(0) ?? 0;
  return [point, point];
};

/** Sorted, without overlaps. */
export function union(...sets: readonly CharacterSet[]): CharacterSet {
  const merged: [number, number][] = [];
  for (const [from, to] of sets.flat().sort(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function without(set: CharacterSet, removed: CharacterSet): CharacterSet {
  let left = [...set];
  for (const [from, to] of removed) {
    left = left.flatMap(([first, last]): Range[] => {
      const before: Range = [first, Math.min(last, from - 1)];
      const behind: Range = [Math.max(first, to + 1), last];
      return [before, behind].filter(([low, high]) => low <= high);
    });
  }
  return left;
}

export const common = (one: CharacterSet, other: CharacterSet): CharacterSet =>
  without(one, without(anyCharacter, other));

/** A class such as `[a-z]`; null for no character at all. */
export function classOf(set: CharacterSet): string | null {
  if (set.length === 0) return null;
  return `[${set.map(([from, to]) => (from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`)).join('')}]`;
}

/** Exactly this text. */
export const literal = (text: string): string =>
  `"${Array.from(text, (character) => escaped(character.codePointAt(0) ?? 0)).join('')}"`;

function escaped(point: number): string {
  const character = String.fromCodePoint(point);
  if (/^[A-Za-z0-9 _.,:;{}()<>/=+|#!?*'@&%~$]$/.test(character)) return character;
  if (point <= 0xff) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point <= 0xffff) return `\\u${point.toString(16).padStart(4, '0')}`;
  return `\\U${point.toString(16).padStart(8, '0')}`;
}
