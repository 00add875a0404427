// The headers of weight files, read on a thread of its own in bounded time and memory: they are large, and may be made to harm.
// Reads no weights. Says what stands there; whether it can be is judged by those who ask.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

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

const limitMs = 20_000;
const limitMegabytes = 1024;
/** The format allows 100 MB; those of models with a thousand layers stay below 10. */
const maxHeaderBytes = 16 * 1024 * 1024;
const maxListedNumbers = 4096;

/**
 * Bits that an element takes, scales included, by the number of ggml's type; one that is new here is taken for a bit an element.
 * Source: the blocks in https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
 */
const bitsByGgmlType: Readonly<Record<number, number>> = {
  ...{
    0: 32,
    1: 16,
    2: 4.5,
    3: 5,
    6: 5.5,
    7: 6,
    8: 8.5,
    10: 2.625,
    11: 3.4375,
    12: 4.5,
    13: 5.5,
    14: 6.5625,
    15: 9.125,
  },
  ...{ 16: 2.0625, 17: 2.3125, 18: 3.0625, 19: 1.5625, 20: 4.5, 21: 3.4375, 22: 2.5625, 23: 4.25, 29: 1.75 },
  ...{ 24: 8, 25: 16, 26: 32, 27: 64, 28: 64, 30: 16, 34: 1.6875, 35: 2.0625, 39: 4.25, 40: 4.5 },
};

/** As text, because no loader of TypeScript reaches into a thread. */
const program = `
const fs = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { paths, library, maxHeaderBytes, maxListedNumbers, bitsByGgmlType } = workerData;

const withFile = (path, read) => {
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stat = fs.fstatSync(file);
    return stat.isFile() ? read(file, stat.size) : { kind: 'unreadable' };
  } finally {
    fs.closeSync(file);
  }
};
const bytesAt = (file, length, at) => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(file, bytes, 0, length, at));
};
const jsonOf = (bytes) => {
  const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value;
};
const elementsOf = (shape) => {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return NaN;
  return shape.reduce((product, size) => product * size, 1);
};
const safetensors = (file, fileBytes) => {
  const start = bytesAt(file, 8, 0);
  if (start.length < 8) return { kind: 'cut' };
  const length = start.readBigUInt64LE(0);
  if (length > BigInt(maxHeaderBytes)) return { kind: 'unreadable' };
  const bytes = bytesAt(file, Number(length), 8);
  if (bytes.length < Number(length)) return { kind: 'cut' };
  const { __metadata__, ...tensors } = jsonOf(bytes);
  const entries = Object.values(tensors);
  return {
    kind: 'safetensors',
    fileBytes,
    dataStart: 8 + Number(length),
    names: Object.keys(tensors),
    dtypes: entries.map((entry) => String(entry?.dtype)),
    elements: Float64Array.from(entries, (entry) => elementsOf(entry?.shape)),
    begins: Float64Array.from(entries, (entry) => entry?.data_offsets?.[0] ?? NaN),
    ends: Float64Array.from(entries, (entry) => entry?.data_offsets?.[1] ?? NaN),
  };
};
const index = (file, fileBytes) => {
  if (fileBytes > maxHeaderBytes) return { kind: 'unreadable' };
  const files = Object.values(jsonOf(bytesAt(file, fileBytes, 0)).weight_map);
  return files.every((name) => typeof name === 'string') ? { kind: 'index', files: [...new Set(files)] } : { kind: 'unreadable' };
};
const isPlain = (value) =>
  typeof value !== 'object' || (Array.isArray(value) && value.length <= maxListedNumbers && value.every((one) => typeof one === 'number'));
const gguf = async (path) => {
  const fileBytes = withFile(path, (_, size) => ({ size })).size;
  if (fileBytes === undefined) return { kind: 'unreadable' };
  const { gguf, GGMLFileQuantizationType, GGMLQuantizationType } = require(library);
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
  let parameters = 0;
  let wholeBytes = Number(tensorDataOffset);
  const elementsByType = new Map();
  for (const { shape, dtype, offset } of tensorInfos) {
    const elements = shape.reduce((product, size) => product * Number(size), 1);
    parameters += elements;
    elementsByType.set(dtype, (elementsByType.get(dtype) ?? 0) + elements);
    const bits = bitsByGgmlType[dtype] ?? 1;
    wholeBytes = Math.max(wholeBytes, Number(tensorDataOffset) + Number(offset) + Math.floor((elements * bits) / 8));
  }
  const most = [...elementsByType].sort((a, b) => b[1] - a[1])[0]?.[0];
  const fileType = GGMLFileQuantizationType[Number(metadata['general.file_type'])];
  const entries = Object.entries(metadata);
  return {
    kind: 'gguf',
    facts: Object.fromEntries(entries.filter(([, value]) => isPlain(value))),
    listLengths: Object.fromEntries(entries.flatMap(([key, value]) => (Array.isArray(value) ? [[key, value.length]] : []))),
    fileBytes,
    wholeBytes,
    parameters,
    quantization: fileType ?? GGMLQuantizationType[most] ?? null,
  };
};
const read = (path) => {
  if (path.toLowerCase().endsWith('.gguf')) return gguf(path);
  return withFile(path, path.endsWith('.json') ? index : safetensors);
};
(async () => {
  for (const path of paths) {
    parentPort.postMessage(await Promise.resolve(path).then(read).catch(({ code }) => ({ kind: 'unreadable', code })));
  }
})();`;

/** One header for each of `paths`, by the ends of their names: `.gguf`, `.json` an index of shards, others safetensors. */
export async function readWeightHeaders(paths: readonly string[]): Promise<readonly WeightHeader[]> {
  if (paths.length === 0) return [];
  const library = createRequire(import.meta.url).resolve('@huggingface/gguf');
  const thread = new Worker(program, {
    eval: true,
    env: {},
    workerData: { paths, library, maxHeaderBytes, maxListedNumbers, bitsByGgmlType },
    resourceLimits: { maxOldGenerationSizeMb: limitMegabytes },
  });
  const timer = setTimeout(() => void thread.terminate(), limitMs);
  const headers: WeightHeader[] = [];
  let code: string | undefined;
  try {
    await new Promise<void>((resolve) => {
      thread.on('message', (header: WeightHeader) => {
        headers.push(header);
        if (headers.length === paths.length) resolve();
      });
      thread.once('error', (error: NodeJS.ErrnoException) => {
        code = error.code;
        resolve();
      });
      thread.once('exit', () => resolve());
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
  return paths.map((_, place) => headers[place] ?? { kind: 'unreadable', ...(code === undefined ? {} : { code }) });
}
