import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopMatcher } from './stop-matcher.ts';

const run = (stops: readonly string[], pieces: readonly string[]): { text: string; stop: string | null } => {
  const matcher = createStopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const match = matcher.push(piece);
    text += match.text;
    if (match.stop !== null) return { text, stop: match.stop };
  }
  return { text: text + matcher.flush(), stop: null };
};

/** The rule, slowly: after each character, has any stop been completed? The longest of those wins. */
const reference = (stops: readonly string[], text: string): { text: string; stop: string | null } => {
  for (let end = 1; end <= text.length; end += 1) {
    const done = stops.filter((stop) => text.slice(0, end).endsWith(stop)).sort((a, b) => b.length - a.length)[0];
    if (done !== undefined) return { text: text.slice(0, end - done.length), stop: done };
  }
  return { text, stop: null };
};

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
const stopStrings = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }), {
  maxLength: 4,
});

describe('createStopMatcher', () => {
  it('cuts the text before the stop string and names it', () => {
    expect(run(['\n\n'], ['one', '\n', '\ntwo'])).toEqual({ text: 'one', stop: '\n\n' });
  });

  it('lets text through at once when no stop string can begin in it', () => {
    expect(createStopMatcher(['END']).push('hello')).toEqual({ text: 'hello', stop: null });
  });

  it('holds back what may begin a stop string and hands it out when it does not', () => {
    const matcher = createStopMatcher(['END']);
    expect(matcher.push('the EN')).toEqual({ text: 'the ', stop: null });
    expect(matcher.push('EMY')).toEqual({ text: 'ENEMY', stop: null });
  });

  it('finds a stop string that begins inside a false start', () => {
    expect(run(['aab'], ['aa', 'a', 'b'])).toEqual({ text: 'a', stop: 'aab' });
  });

  it('names the longer of two that end together', () => {
    expect(run(['is', 'Paris'], ['in Paris.'])).toEqual({ text: 'in ', stop: 'Paris' });
  });

  it('hands out everything held back at the end', () => {
    expect(run(['END'], ['the EN'])).toEqual({ text: 'the EN', stop: null });
  });

  it('gives the same answer wherever the text is cut, as the rule applied slowly does', () => {
    fc.assert(
      fc.property(stopStrings, fc.array(letters), (stops, pieces) => {
        expect(run(stops, pieces)).toEqual(reference(stops, pieces.join('')));
      }),
    );
  });

  it('never hands out a character that turns out to belong to the stop string', () => {
    fc.assert(
      fc.property(stopStrings, fc.array(letters), (stops, pieces) => {
        const { text } = run(stops, pieces);
        for (const stop of stops) expect(text).not.toContain(stop);
      }),
    );
  });
});
