// Lines → messages: what stands between """ and """ is one, and a line that ends in a backslash goes on in the next. Pure.

/** A message of which more is to come. */
export type Pending =
  | { readonly kind: 'block'; readonly opening: string; readonly lines: readonly string[] }
  | { readonly kind: 'continued'; readonly lines: readonly string[] };

export interface Added {
  readonly pending: Pending | undefined;
  /** Set when it is whole. */
  readonly message?: string;
  /** As it can be typed again in one line. */
  readonly typed?: string;
}

const quotes = '"""';

export function addLine(pending: Pending | undefined, line: string): Added {
  if (pending === undefined) return addFirst(line);
  if (pending.kind === 'continued') return addContinued(pending.lines, line);
  const { opening, lines } = pending;
  const end = withoutQuotes(line);
  return end === undefined
    ? { pending: { ...pending, lines: [...lines, line] } }
    : whole(opening, [...lines, end].join('\n'));
}

/** """ may stand behind /system too. */
function addFirst(line: string): Added {
  const [, opening, first] = /^(\s*(?:\/system\s+)?)"""(.*)$/s.exec(line) ?? [];
  if (opening === undefined || first === undefined) return addContinued([], line);
  const inner = withoutQuotes(first);
  return inner === undefined ? { pending: { kind: 'block', opening, lines: [first] } } : whole(opening, inner);
}

function addContinued(lines: readonly string[], line: string): Added {
  const [backslashes] = /\\*$/.exec(line)!;
  if (backslashes.length % 2 === 1) return { pending: { kind: 'continued', lines: [...lines, line.slice(0, -1)] } };
  const message = [...lines, line].join('\n');
  return { pending: undefined, message, typed: message };
}

/** A line break next to the quotes is not part of the message. */
function whole(opening: string, inner: string): Added {
  const message = opening + inner.replace(/^\n/, '').replace(/\n$/, '');
  return { pending: undefined, message, typed: `${opening}${quotes}${inner}${quotes}` };
}

function withoutQuotes(line: string): string | undefined {
  const text = line.trimEnd();
  return text.endsWith(quotes) ? text.slice(0, -quotes.length) : undefined;
}
