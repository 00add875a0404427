// A character that has come in part, as UTF-8 has it: which characters its first bytes leave possible.

/** `value` are the bits so far, `missing` the bytes that are to come of all `length`. */
export interface PartialCharacter {
  readonly value: number;
  readonly missing: number;
  readonly length: number;
}

/** The least characters of 2, 3 and 4 bytes: what fits into fewer may not be written so. */
const least: readonly number[] = [0, 0, 0x80, 0x800, 0x10000];

/** From the first byte of several; null where none begins so. */
export function leadByte(byte: number): PartialCharacter | null {
  if (byte >= 0xc2 && byte <= 0xdf) return { value: byte & 0x1f, missing: 1, length: 2 };
  if (byte >= 0xe0 && byte <= 0xef) return { value: byte & 0x0f, missing: 2, length: 3 };
  if (byte >= 0xf0 && byte <= 0xf4) return { value: byte & 0x07, missing: 3, length: 4 };
  return null;
}

/** With a further byte; null where it cannot follow. */
export function furtherByte({ value, missing, length }: PartialCharacter, byte: number): PartialCharacter | null {
  return byte >> 6 === 2 ? { value: (value << 6) | (byte & 0x3f), missing: missing - 1, length } : null;
}

/** Whether it may become, or is, one of the set, whose ranges are first and last code points in turn. */
export function mayBecome({ value, missing, length }: PartialCharacter, set: Int32Array): boolean {
  const first = Math.max(value << (6 * missing), least[length] ?? 0);
  return reaches(set, first, ((value + 1) << (6 * missing)) - 1);
}

/** Whether any of first to last is in the set. */
export function reaches(set: Int32Array, first: number, last: number): boolean {
  if (first > last) return false;
  for (let index = 0; index < set.length; index += 2) {
    if (set[index]! <= last && set[index + 1]! >= first) return true;
  }
  return false;
}
