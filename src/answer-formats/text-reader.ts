// Text that arrives in pieces, read as if it were there: a reading pauses where it needs more. What is read never depends
// on how the text was cut.

/** A reading of text: pauses for more, and returns what it found. */
export type Reading<T> = Generator<undefined, T, undefined>;

/** The text is not what the form asks for here, or ended too soon. Never leaves the parser. */
export class Malformed extends Error {}

export class TextReader {
  #held = '';
  #at = 0;
  #ended = false;
  #marked: string | null = null;

  push(text: string): void {
    this.#held = this.#held.slice(this.#at) + text;
    this.#at = 0;
  }

  end(): void {
    this.#ended = true;
  }

  /** Whether text has come that is not taken yet, because it may be part of a marker. */
  get isHolding(): boolean {
    return this.#at < this.#held.length;
  }

  /** Begins to note what is taken; `already` was taken just before. */
  mark(already = ''): void {
    this.#marked = already;
  }

  /** What was taken since `mark`; it is noted no longer. */
  unmark(): string {
    const marked = this.#marked ?? '';
    this.#marked = null;
    return marked;
  }

  take(count: number): string {
    const text = this.#held.slice(this.#at, this.#at + count);
    this.#at += text.length;
    if (this.#marked !== null) this.#marked += text;
    return text;
  }

  /** What has come and is not taken yet; empty at the end only. */
  *rest(): Reading<string> {
    while (this.#at === this.#held.length && !this.#ended) yield;
    return this.#held.slice(this.#at);
  }

  /** Hands text to `onText` as soon as it is certain, up to one of `markers`, which is taken; null: the text has ended. */
  *until(markers: readonly string[], onText: (text: string) => void): Reading<string | null> {
    for (;;) {
      const text = this.#held.slice(this.#at);
      const found = firstOf(text, markers);
      const partAt = this.#ended ? text.length : partialAt(text, markers);
      const certain = Math.min(found?.at ?? text.length, partAt);
      if (certain > 0) onText(this.take(certain));
      if (found !== undefined && found.at < partAt) return this.take(found.marker.length);
      if (this.#ended) return null;
      yield;
    }
  }

  /** Takes `literal` if it comes next. */
  *accept(literal: string): Reading<boolean> {
    for (;;) {
      const text = this.#held.slice(this.#at, this.#at + literal.length);
      if (text === literal) {
        this.take(literal.length);
        return true;
      }
      if (this.#ended || !literal.startsWith(text)) return false;
      yield;
    }
  }

  /** Takes the mark behind a sound call, or what there is of it where the text breaks off in it. */
  *acceptEnd(mark: string): Reading<void> {
    if (yield* this.accept(mark)) return;
    const rest = this.#held.slice(this.#at);
    if (this.#ended && mark.startsWith(rest)) this.take(rest.length);
  }

  /** @throws Malformed */
  *expect(literal: string): Reading<void> {
    if (!(yield* this.accept(literal))) throw new Malformed();
  }

  /** Takes white space and returns it. */
  *space(): Reading<string> {
    let taken = '';
    for (;;) {
      const space = /^\s*/.exec(yield* this.rest())?.[0] ?? '';
      if (space === '') return taken;
      taken += this.take(space.length);
    }
  }

  /** The text up to one of `markers`, and which. @throws Malformed when there is none */
  *textUntil(markers: readonly string[]): Reading<{ text: string; marker: string }> {
    let text = '';
    const marker = yield* this.until(markers, (piece) => {
      text += piece;
    });
    if (marker === null) throw new Malformed();
    return { text, marker };
  }
}

/** The marker that begins first; of two at one place, the longer. */
function firstOf(text: string, markers: readonly string[]): { at: number; marker: string } | undefined {
  let first: { at: number; marker: string } | undefined;
  for (const marker of markers) {
    const at = text.indexOf(marker);
    if (at < 0 || (first !== undefined && at > first.at)) continue;
    if (first === undefined || at < first.at || marker.length > first.marker.length) first = { at, marker };
  }
  return first;
}

/** Where the text ends in what may become a marker; its length when it does not. */
function partialAt(text: string, markers: readonly string[]): number {
  let first = text.length;
  for (const marker of markers) {
    const begin = marker[0] ?? '';
    for (let at = text.indexOf(begin, Math.max(0, text.length - marker.length + 1)); at >= 0 && at < first; ) {
      if (marker.startsWith(text.slice(at))) first = at;
      else at = text.indexOf(begin, at + 1);
    }
  }
  return first;
}
