import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gguf, rawSafetensors, safetensors, writeFiles } from '../../../test/fixtures/weights/weight-files.ts';
import { readWeightHeaders } from './header-thread.ts';
import { faultOf, wholeBytesOf } from './safetensors-header.ts';
import type { SafetensorsColumns, WeightHeader } from './weight-header.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-headers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a header says when the file is `bytes`, all read by one thread. */
async function headersOf(extension: string, files: readonly Buffer[]): Promise<readonly WeightHeader[]> {
  const named = files.map((bytes, place) => [join(folder, `${place}.${extension}`), bytes] as const);
  writeFiles(Object.fromEntries(named));
  return readWeightHeaders(named.map(([path]) => path));
}

const isWhole = (header: WeightHeader): boolean =>
  (header.kind === 'gguf' && header.wholeBytes <= header.fileBytes) ||
  (header.kind === 'safetensors' && faultOf(header) === undefined && wholeBytesOf(header) <= header.fileBytes);

const kinds = [
  ['safetensors', safetensors({ 'a.weight': ['BF16', 4, 4], 'b.weight': ['F32', 3] })],
  ['gguf', gguf({ 'general.architecture': 'llama', 'a.list': ['one', 'two', 'three'] }, { a: 16, b: 8 })],
] as const;

it.each(kinds)('no beginning of a %s file is taken for the whole', async (extension, whole) => {
  const cuts = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
  const headers = await headersOf(extension, [...cuts, whole]);
  expect(headers.map(isWhole)).toEqual([...cuts.map(() => false), true]);
});

it.each(kinds)(
  'a %s file with any byte of its header turned is read, or refused, and the next one is read',
  async (extension, whole) => {
    const turned = Array.from({ length: 120 }, (_, at) => {
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ 0xff;
      return bytes;
    });
    const headers = await headersOf(extension, [...turned, whole]);
    expect(headers).toHaveLength(121);
    expect(isWhole(headers.at(-1)!)).toBe(true);
  },
);

it('what is no file, or says that it holds more than there can be, is unreadable', async () => {
  const number = (value: bigint): Buffer => Buffer.from(BigUint64Array.of(value).buffer);
  const magic = Buffer.from('GGUF\x03\0\0\0', 'latin1');
  const absurd = [
    Buffer.concat([magic, number(2n ** 60n), number(1n)]),
    Buffer.concat([magic, number(1n), number(2n ** 60n)]),
    Buffer.concat([magic, number(0n), number(1n), number(2n ** 50n)]),
  ];
  expect((await headersOf('gguf', absurd)).map(({ kind }) => kind)).toEqual(absurd.map(() => 'unreadable'));
  const pipes = ['pipe.gguf', 'pipe.safetensors', 'pipe.json'].map((name) => join(folder, name));
  execFileSync('mkfifo', pipes);
  expect(await readWeightHeaders([...pipes, join(folder, 'none.gguf'), folder])).toEqual([
    ...pipes.map(() => ({ kind: 'unreadable' })),
    { kind: 'unreadable', code: 'ENOENT' },
    { kind: 'unreadable' },
  ]);
});

it('a header beyond every bound is refused', async () => {
  const tensor = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
  const many = Object.fromEntries(Array.from({ length: 250_001 }, (_, place) => [place, tensor]));
  const long = Buffer.concat([
    Buffer.from(BigUint64Array.of(BigInt(17 * 2 ** 20)).buffer),
    Buffer.alloc(17 * 2 ** 20, ' '),
  ]);
  const [crowd, giant] = await headersOf('safetensors', [rawSafetensors(many, 0), long]);
  expect(giant).toMatchObject({ kind: 'unreadable' });
  expect([crowd!.kind, isWhole(crowd!)]).not.toEqual(['safetensors', true]);
});

/** Tensors one after another, in any order of their names. */
const layout = fc.array(fc.nat(64), { minLength: 1, maxLength: 20 }).map((sizes): SafetensorsColumns => {
  const ends = Float64Array.from(sizes, (_, place) => sizes.slice(0, place + 1).reduce((sum, size) => sum + size, 0));
  return {
    fileBytes: 8 + (ends.at(-1) ?? 0),
    dataStart: 8,
    names: sizes.map((_, place) => `t${place}`),
    dtypes: sizes.map(() => 'U8'),
    elements: Float64Array.from(sizes),
    begins: ends.map((end, place) => end - sizes[place]!),
    ends,
  };
});

it('tensors that fill their file side by side are at no fault; one that is moved or larger is', () => {
  fc.assert(
    fc.property(layout, fc.nat(), fc.integer({ min: 1, max: 64 }), (columns, which, by) => {
      expect(faultOf(columns)).toBeUndefined();
      const place = which % columns.names.length;
      const moved = (column: Float64Array): Float64Array => column.with(place, column[place]! + by);
      if (columns.elements[place]! > 0) {
        expect(faultOf({ ...columns, begins: moved(columns.begins), ends: moved(columns.ends) })).toBeDefined();
      }
      expect(faultOf({ ...columns, ends: moved(columns.ends) })).toBeDefined();
      expect(faultOf({ ...columns, elements: moved(columns.elements) })).toBeDefined();
    }),
  );
});
