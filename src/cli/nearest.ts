// Did you mean: the names that are nearest to one that is not known. Pure.

/** Up to three, the nearest first: few letters changed, or the end of a name given alone (`smollm2` of `org/smollm2`). */
export function nearest(given: string, names: readonly string[]): readonly string[] {
  const wanted = given.toLowerCase();
  const scored = names.map((name) => ({ name, score: distance(wanted, name.toLowerCase()) }));
  return scored
    .filter(({ score, name }) => score <= Math.max(2, Math.min(given.length, name.length) * 0.34))
    .sort((a, b) => a.score - b.score)
    .slice(0, 3)
    .map(({ name }) => name);
}

function distance(given: string, name: string): number {
  const tail = name.slice(name.lastIndexOf('/') + 1);
  if (given.length >= 3 && (tail.startsWith(given) || name.startsWith(given))) return 1;
  return Math.min(edits(given, name), given.includes('/') ? Number.POSITIVE_INFINITY : edits(given, tail));
}

/** Letters to insert, drop, change or swap with their neighbour. */
function edits(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const plain = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      row.push(isSwap ? Math.min(plain, before[j - 2]! + 1) : plain);
    }
    before = last;
    last = row;
  }
  return last[to.length]!;
}
