// Values that have broken servers, as JSON text, and ways to spoil a text.
import type { Random } from '../faults/harness/seeded.ts';

export const nastyJson: readonly string[] = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1', '2', '0.5', '1e308', '-1e308', '1e400', '9007199254740993'],
  ...['2147483648', '-2147483649', '4294967296', '1e-320', '"5"', '"NaN"', '""', '" "', '"\\u0000"', '"\\ud800"'],
  ...['"\\udc00\\ud800"', '"\\n\\r\\t"', '"\u202e"', '"\\u001b[2J"', '"<|im_end|>"', '"../../etc/passwd"', '"%00"'],
  ...['"http://169.254.169.254/"', '"data:image/png;base64,AAAA"', '"file:///etc/passwd"', '"a/b"', '"org/name:tag"'],
  ...['[]', '{}', '[[]]', '[null]', '[{}]', '{"":""}', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}'],
  ...[
    '{"type":"text"}',
    '[{"type":"image_url","image_url":{"url":"x"}}]',
    '[{"type":"text","text":"x"}]',
    '[0,0,0,0,0]',
  ],
  '"high"',
  '"assistant"',
  '"json_object"',
];

/** Long or deep ones are made when they are drawn. */
const made: readonly ((random: Random) => string)[] = [
  (random) => `"${'x'.repeat(random.whole(1, 20_000))}"`,
  (random) => `"${'é'.repeat(random.whole(1, 5000))}"`,
  (random) => `[${'1,'.repeat(random.whole(1, 3000))}1]`,
  (random) => `[${'"a",'.repeat(random.whole(1, 3000))}"b"]`,
  (random) => '['.repeat(random.whole(1, 150)) + ']'.repeat(random.whole(1, 150)),
  (random) => {
    const depth = random.whole(1, 120);
    return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  },
  (random) => `{${Array.from({ length: random.whole(1, 1500) }, (_, index) => `"k${index}":${index}`).join()}}`,
  (random) => `-${random.whole(0, 1e9)}.${'3'.repeat(random.whole(1, 120))}`,
  (random) => String(random.whole(-1000, 1000) / 7),
];

export const nasty = (random: Random): string =>
  random.next() < 0.7 ? random.pick(nastyJson) : random.pick(made)(random);

/** A slice gone, doubled, moved or overwritten; a byte flipped; the end cut off. Works on characters that are bytes. */
export function spoil(text: string, random: Random, pieces: readonly string[]): string {
  const at = random.whole(0, text.length);
  const end = Math.min(text.length, at + random.whole(1, 20));
  const slice = text.slice(at, end);
  switch (random.whole(0, 6)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, end) + slice.repeat(random.whole(1, 5)) + text.slice(end);
    case 2:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(pieces) + text.slice(end);
    case 4:
      return text.slice(0, at) + String.fromCharCode(random.whole(0, 255)) + text.slice(at + 1);
    case 5:
      return text.slice(0, at);
    default: {
      const other = random.whole(0, text.length);
      return text.slice(0, other) + slice + text.slice(other);
    }
  }
}
