// What a template writes of a call, the parser reads back: whatever the arguments hold, and wherever the text is cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hear } from '../../test/fixtures/answers/hear.ts';
import { writers } from '../../test/fixtures/answers/writers.ts';

const scraps = [
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '=',
  '(',
  ')',
  '\n',
  ' ',
  '<',
  '>',
  '</',
  '```',
  'null',
  'True',
  '7',
];
const marks = [
  '<tool_call>',
  '</tool_call>',
  '<think>',
  '</think>',
  '<|call|>',
  '<|end|>',
  '[TOOL_CALLS]',
  '</function>',
];
const letters = fc.constantFrom('a', 'é', '日', '🦊', '\u2028', '\u0000');

function valueWith(allows: (text: string) => boolean): fc.Arbitrary<unknown> {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...scraps, ...marks), letters), { maxLength: 6 })
    .map((parts) => parts.join(''))
    .filter(allows);
  const scalar = fc.oneof(text, fc.integer(), fc.constantFrom(0.5, -1e-7, 1e21), fc.boolean(), fc.constant(null));
  const key = fc.constantFrom('k', 'key_2', 'Ünï');
  return fc.oneof(
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxKeys: 3 }) },
  );
}

describe.each(writers)('a call that a template of the kind $format writes', ({ format, allows, write, untyped }) => {
  const text = valueWith(allows).filter((value) => typeof value === 'string');
  const given = fc.oneof(
    fc.record({ city: text, days: fc.integer() }).map((values) => ({ name: 'get_weather', values })),
    fc
      .record({
        query: text,
        tags: fc.array(valueWith(allows), { maxLength: 3 }),
        exact: fc.boolean(),
        near: valueWith(allows).filter((value) => untyped || typeof value !== 'string'),
      })
      .map((values) => ({ name: 'search', values })),
    fc.constant({ name: 'now', values: {} }),
  );

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(given, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(400)), (calls, cuts) => {
        const said = write(format === 'llama3' ? calls.slice(0, 1) : calls);
        const places = [...new Set([0, ...cuts.filter((at) => at < said.length), said.length])].sort((a, b) => a - b);
        const heard = hear(
          { format },
          places.slice(1).map((end, index) => said.slice(places[index], end)),
        );
        const read = heard.calls.map((call) => ({ name: call.name, values: JSON.parse(call.arguments) as unknown }));
        expect(read).toEqual(format === 'llama3' ? calls.slice(0, 1) : calls);
        expect(heard.text.trim()).toBe('');
      }),
      { numRuns: 150 },
    );
  });

  it('never vanishes where a character of it is missing or another', () => {
    const city = 'Quito (high)';
    const said = write([{ name: 'get_weather', values: { city, days: 12 } }]);
    const from = said.indexOf(city);
    for (let at = 0; at < said.length; at += 1) {
      if (at >= from && at < from + city.length) continue;
      for (const by of ['', '}', '"', '<', 'x', '\n']) {
        const { text, reasoning, calls } = hear({ format }, [said.slice(0, at) + by + said.slice(at + 1)]);
        const shown = [text, reasoning, ...calls.map((call) => call.arguments)];
        expect(shown.some((each) => each.includes(city))).toBe(true);
      }
    }
  });
});
