// The program of the thread that reads headers: paths in, one header each out, as weight-header.ts has them. By the ends of
// names: .gguf, .json an index of shards, others safetensors. Opens regular files only, and reads no weights.
import { createRequire } from 'node:module';

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

/** What the program is started with. */
export const headerProgramData = (): object => ({
  library: createRequire(import.meta.url).resolve('@huggingface/gguf'),
  maxHeaderBytes,
  maxListedNumbers,
  bitsByGgmlType,
});

/** As text, because no loader of TypeScript reaches into a thread. */
export const headerProgram = `
const fs = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const { library, maxHeaderBytes, maxListedNumbers, bitsByGgmlType } = workerData;

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
parentPort.on('message', async (paths) => {
  for (const path of paths) {
    parentPort.postMessage(await Promise.resolve(path).then(read).catch(({ code }) => ({ kind: 'unreadable', code })));
  }
});`;
