// What the headers of weight files say, before anybody has judged whether it can be true.

/** What the header of a safetensors file says, a column a property; NaN stands for what is no number of bytes or elements. */
export interface SafetensorsColumns {
  readonly fileBytes: number;
  /** Where the tensors begin in the file. */
  readonly dataStart: number;
  readonly names: readonly string[];
  readonly dtypes: readonly string[];
  /** Elements of each tensor as stored. */
  readonly elements: Float64Array;
  /** Counted from `dataStart`. */
  readonly begins: Float64Array;
  readonly ends: Float64Array;
}

/** What the header of a GGUF file says, but for its lists of texts: a vocabulary holds 100,000 entries and more. */
export interface GgufHeader {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly listLengths: Readonly<Record<string, number>>;
  readonly fileBytes: number;
  /** Bytes that the file has when all of its tensors are there. */
  readonly wholeBytes: number;
  readonly parameters: number;
  /** `Q4_K_M`; null where the file does not say. */
  readonly quantization: string | null;
}

export type WeightHeader =
  | ({ readonly kind: 'safetensors' } & SafetensorsColumns)
  | ({ readonly kind: 'gguf' } & GgufHeader)
  /** `safetensors.index.json`: the files it names, as it names them. */
  | { readonly kind: 'index'; readonly files: readonly string[] }
  /** The file ends before its header does. */
  | { readonly kind: 'cut' }
  /** `code`: that of the file system. */
  | { readonly kind: 'unreadable'; readonly code?: string };
