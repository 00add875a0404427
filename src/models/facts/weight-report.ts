// The headers of a model's weights, and what of the weights is not there.
import { basename } from 'node:path';
import { ServerError } from '../../core/index.ts';
import { shortageOf } from '../machine-shortage.ts';
import type { Model } from '../model.ts';
import type { ReadHeaders } from './header-thread.ts';
import { faultOf, wholeBytesOf } from './safetensors-header.ts';
import type { WeightFiles } from './weight-files.ts';
import type { GgufHeader, SafetensorsColumns, WeightHeader } from './weight-header.ts';

export interface WeightReport {
  readonly safetensors: readonly SafetensorsColumns[];
  readonly ggufs: readonly GgufHeader[];
  /** What is not there, a sentence each without a full stop; empty for a model that is whole. */
  readonly missing: readonly string[];
}

/** @throws ServerError `model_unsupported` for a header that cannot be read, or cannot be true */
export async function readWeights(model: Model, files: WeightFiles, readHeaders: ReadHeaders): Promise<WeightReport> {
  const paths = [...files.paths, ...(files.indexPath === null ? [] : [files.indexPath])];
  const headers = await readHeaders(paths);
  const missing = new Set(files.absent.map((name) => `${name} is absent`));
  const safetensors: SafetensorsColumns[] = [];
  const ggufs: GgufHeader[] = [];
  for (const [place, header] of headers.entries()) {
    const name = basename(paths[place]!);
    if (header.kind === 'index') for (const absent of absentOf(model, header.files, files)) missing.add(absent);
    if (header.kind === 'cut') missing.add(`${name} ends before its header does`);
    if (header.kind === 'unreadable') missing.add(absentOrRefused(model, name, header.code));
    if (header.kind === 'gguf') ggufs.push(header);
    if (header.kind === 'safetensors') {
      const fault = faultOf(header);
      if (fault !== undefined) throw refusal(model, `the header of ${name} cannot be true: ${fault}`);
      safetensors.push(header);
    }
    const short = bytesShort(header);
    if (short > 0) missing.add(`${name} is ${short} bytes too short`);
  }
  return { safetensors, ggufs, missing: [...missing] };
}

/** @throws ServerError, or the shortage that kept the file from being read */
function absentOrRefused(model: Model, name: string, code: string | undefined): string {
  if (code === 'ENOENT') return `${name} is absent`;
  const why = `the header of ${name} cannot be read`;
  throw shortageOf({ code }) === undefined ? refusal(model, why) : Object.assign(new Error(why), { code });
}

function bytesShort(header: WeightHeader): number {
  if (header.kind === 'safetensors') return wholeBytesOf(header) - header.fileBytes;
  return header.kind === 'gguf' ? header.wholeBytes - header.fileBytes : 0;
}

/** What an index names lies beside it. */
function absentOf(model: Model, named: readonly string[], files: WeightFiles): readonly string[] {
  if (!named.every((name) => /^[A-Za-z0-9][\w.-]{0,200}\.safetensors$/.test(name))) {
    throw refusal(model, 'its index of weights names what is no safetensors file beside it');
  }
  const present = new Set(files.paths.map((path) => basename(path)));
  return named.filter((name) => !present.has(name)).map((name) => `${name} is absent`);
}

const refusal = ({ id }: Model, why: string): ServerError =>
  new ServerError('model_unsupported', `${id} is not loaded: ${why}.`, { param: 'model' });
