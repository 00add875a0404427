// Finds a vocabulary's special tokens in what a client wrote, and takes them apart, in time linear in the text. Pure.

export interface SpecialTokens {
  /** `mark` behind the first character of each, so that none is whole, nor one that overlapped another. */
  readonly cut: (text: string, mark: string) => string;
}

/** Tokens of one character cannot be taken apart and are left alone. */
export function createSpecialTokens(tokens: Iterable<string>): SpecialTokens {
  const sorted = [...new Set(tokens)].map((token) => [...token]).filter(({ length }) => length > 1);
  const tree = new RegExp(`(?=${treeOf(sorted)}).`, 'gsu');
  return {
    cut: (text, mark) => text.replace(tree, (first) => first + mark),
  };
}

/** A pattern that tries one branch for each next character. It matches the shortest. */
function treeOf(tokens: readonly (readonly string[])[]): string {
  if (tokens.length === 0) return '(?!)';
  if (tokens.some(({ length }) => length === 0)) return '';
  const branches = new Map<string, string[][]>();
  for (const [first, ...rest] of tokens) {
    const branch = branches.get(first!);
    if (branch === undefined) branches.set(first!, [rest]);
    else branch.push(rest);
  }
  const patterns = [...branches].map(([first, rests]) => escaped(first) + treeOf(rests));
  return patterns.length === 1 ? patterns[0]! : `(?:${patterns.join('|')})`;
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&');
