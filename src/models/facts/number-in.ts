// Numbers from a model's files, which may hold anything.

/** `value` as a whole number from 1 to `maximum`; null for anything else. GGUF writes large ones as bigints. */
export function wholeNumber(value: unknown, maximum: number): number | null {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= maximum ? number : null;
}

/** Beyond what any model has; more is a damaged file, or one made to harm. */
export const most = {
  layers: 4096,
  heads: 65_536,
  headDim: 65_536,
  hiddenSize: 2 ** 24,
  vocabulary: 2 ** 24,
  context: 2 ** 31,
} as const;

/** The heads of each layer, 0 for a layer that keeps nothing of what it read; null where they are not all numbers. */
export function headsByLayer(value: unknown): readonly number[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > most.layers) return null;
  const heads = value.map((one) => (Number(one) === 0 ? 0 : wholeNumber(one, most.heads)));
  return heads.every((one) => one !== null) ? heads : null;
}
