// Finds the ends of a client's texts that may become a special token together with what a template puts beside them.
// Pure. Twin of python/…/tokenization/token_edges.py.

export interface TokenEdges {
  /** A copy with `mark` at every such end of its texts. White space there is left outside: templates strip it. */
  readonly mark: (value: unknown, mark: string) => unknown;
  /** A rendered text with `by` where a mark stands inside a token; the other marks are gone. */
  readonly cut: (marked: string, marks: { readonly mark: string; readonly by: string }) => string;
}

/** Keys whose values templates compare: a mark in them would change what a template writes. */
const toldApartBy = ['role', 'type'];

/** Of one set of tokens. A token of one character cannot be put together. */
export function createTokenEdges(all: Iterable<string>): TokenEdges {
  const tokens = new Set([...all].filter((token) => token.length > 1));
  const lengths = [...new Set([...tokens].map(({ length }) => length))].sort((a, b) => a - b);
  const longest = lengths.at(-1) ?? 0;
  const beginnings = new Set<string>();
  const endings = new Set<string>();
  for (const token of tokens) {
    for (let at = 1; at < token.length; at += 1) {
      beginnings.add(token.slice(0, at));
      endings.add(token.slice(at));
    }
  }
  const joined = [...tokens].join('\0');

  const markText = (text: string, mark: string): string => {
    const core = text.trim();
    if (core === '') return text;
    const isInside = core.length < longest && joined.includes(core);
    let begins = isInside;
    let ends = isInside;
    for (let count = 1; count < longest && count <= core.length && !(begins && ends); count += 1) {
      begins ||= endings.has(core.slice(0, count));
      ends ||= beginnings.has(core.slice(-count));
    }
    const at = text.indexOf(core);
    return text.slice(0, at) + (begins ? mark : '') + core + (ends ? mark : '') + text.slice(at + core.length);
  };

  const marked = (value: unknown, mark: string): unknown => {
    if (typeof value === 'string') return markText(value, mark);
    if (Array.isArray(value)) return value.map((entry) => marked(entry, mark));
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    const entries = Object.entries(value).map(([key, entry]) => [
      /^\w*$/.test(key) ? key : markText(key, mark),
      typeof entry === 'string' && toldApartBy.includes(key) ? entry : marked(entry, mark),
    ]);
    return Object.fromEntries(entries) as unknown;
  };

  const isInside = (text: string, place: number): boolean => {
    for (let start = Math.max(0, place - longest + 1); start < place; start += 1) {
      if (!beginnings.has(text[start]!)) continue;
      if (lengths.some((length) => start + length > place && tokens.has(text.slice(start, start + length))))
        return true;
    }
    return false;
  };

  return {
    mark: marked,
    cut: (shown, { mark, by }) => {
      const [first = '', ...others] = shown.split(mark);
      const text = [first, ...others].join('');
      let place = first.length;
      return others.reduce((cut, part) => {
        const next = cut + (isInside(text, place) ? by : '') + part;
        place += part.length;
        return next;
      }, first);
    },
  };
}
