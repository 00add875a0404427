// Whether the header of a safetensors file can be true, and what its tensors amount to. Pure.
// The format: https://github.com/huggingface/safetensors#format
import { bitsOf, type Config } from './config-facts.ts';
import type { SafetensorsColumns } from './weight-header.ts';

/** Of one file. The files of the largest models have less than 20,000. */
const maxTensors = 250_000;

const bitsByDtype: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
};

/** What cannot be true of the header; undefined when nothing is amiss. A file that ends too early is another matter. */
export function faultOf(columns: SafetensorsColumns): string | undefined {
  const { names, dtypes, elements, begins, ends } = columns;
  if (names.length > maxTensors) return `it names ${names.length} tensors`;
  for (const [place, begin] of begins.entries()) {
    const [count, end, bits] = [elements[place]!, ends[place]!, bitsByDtype[dtypes[place]!]];
    if (![count, begin, end].every((number) => Number.isSafeInteger(number) && number >= 0))
      return 'a tensor has no size';
    const fits = bits === undefined ? end >= begin : (count * bits) / 8 === end - begin;
    if (!fits) return 'the size of a tensor is not that of its shape';
  }
  // Sorted apart: without holes and overlaps, the end of each tensor is the beginning of the next.
  const [sortedBegins, sortedEnds] = [begins.toSorted(), ends.toSorted()];
  const meets = sortedBegins.every((begin, place) => begin === (place === 0 ? 0 : sortedEnds[place - 1]));
  return meets ? undefined : 'its tensors overlap or leave holes';
}

/** Bytes that the file has when all of its tensors are there. */
export const wholeBytesOf = ({ dataStart, ends }: SafetensorsColumns): number =>
  dataStart + ends.reduce((last, end) => Math.max(last, end), 0);

export interface TensorSum {
  /** Null where packed weights are not told how many bits each takes. */
  readonly parameters: number | null;
  /** `bf16`, `f16`, `f32` where most parameters are stored so; null where most are packed or of another kind. */
  readonly precision: string | null;
}

const precisions: Readonly<Record<string, string>> = { BF16: 'bf16', F16: 'f16', F32: 'f32' };
const isFloat = (dtype: string): boolean => /^(B?F\d|F8)/.test(dtype);

/** A tensor that stands in two files counts once. What quantisation adds, and numbers that are not learned, do not count. */
export function sumTensors(files: readonly SafetensorsColumns[], config: Config): TensorSum {
  const all = new Map<string, { readonly dtype: string; readonly elements: number }>();
  for (const { names, dtypes, elements } of files) {
    for (const [place, name] of names.entries()) all.set(name, { dtype: dtypes[place]!, elements: elements[place]! });
  }
  let parameters = 0;
  const byDtype = new Map<string, number>();
  for (const [name, { dtype, elements }] of all) {
    const [, path = '', kind = name] = /^(.*)\.([^.]*)$/.exec(name) ?? [];
    if (isAddition(all, path, kind)) continue;
    const isPacked = kind === 'qweight' || (dtype === 'U32' && all.has(`${path}.scales`));
    const bits = isPacked ? bitsOf(config, path) : null;
    if (isPacked && bits === null) return { parameters: null, precision: null };
    const count = bits === null ? (isFloat(dtype) ? elements : 0) : Math.floor((elements * 32) / bits);
    parameters += count;
    byDtype.set(isPacked ? 'packed' : dtype, (byDtype.get(isPacked ? 'packed' : dtype) ?? 0) + count);
  }
  const [commonest] = [...byDtype].sort((a, b) => b[1] - a[1])[0] ?? [''];
  return { parameters: parameters || null, precision: precisions[commonest] ?? null };
}

/** Scales and zero points beside quantised weights, and tables that are computed. */
function isAddition(all: ReadonlyMap<string, unknown>, path: string, kind: string): boolean {
  if (['qzeros', 'g_idx', 'inv_freq', 'weight_scale', 'weight_scale_inv', 'input_scale'].includes(kind)) return true;
  const isScale = kind === 'scales' || kind === 'biases';
  return isScale && (all.has(`${path}.weight`) || all.has(`${path}.qweight`));
}

export function bytesOfType(files: readonly SafetensorsColumns[], types: readonly string[]): number {
  let bytes = 0;
  for (const { dtypes, begins, ends } of files) {
    for (const [place, dtype] of dtypes.entries()) if (types.includes(dtype)) bytes += ends[place]! - begins[place]!;
  }
  return bytes;
}
