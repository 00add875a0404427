// Text from anywhere as one line of a log: nothing in it moves a cursor, turns the writing round or begins a line.

const maxCharacters = 4096;

/** Control characters, line and paragraph separators, marks of direction, the byte order mark. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function plainText(text: string): string {
  const short = text.length > maxCharacters ? `${text.slice(0, maxCharacters)} … ${text.length} characters` : text;
  return short.replace(unprintable, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `value` with every text in it made plain; an error as its message, and the places it came from. */
export function plainValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return plainText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) {
    const places = (value.stack ?? '').split('\n').filter((line) => /^ +at /.test(line));
    return { type: value.name, message: plainText(value.message), stack: places.map(plainText).join('\n') };
  }
  if (depth >= 4) return '…';
  if (Array.isArray(value)) return value.map((entry) => plainValue(entry, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainValue(entry, depth + 1)]));
}
