// A LoRA adapter over the weights: loaded before the context, whose graph must have room for it, and put to use behind it.
// llama.cpp checks names and shapes; what it does not check and dies of later is checked here.
import { stat } from 'node:fs/promises';
import { GgmlType, type Llama, type LlamaModel, readGgufFileInfo } from 'node-llama-cpp';
import { faultOfFile } from './load-failure.ts';
import { type Native, type NativeAdapter, newAdapter } from './native.ts';

export interface LoadedAdapter {
  readonly native: NativeAdapter;
  /** As large as its file. */
  readonly bytes: number;
}

export interface AdapterOptions {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly path: string;
  /** The last line of llama.cpp's log. */
  readonly lastLine: () => string;
}

/** Of others llama.cpp reads the bytes, and ends the process when it is to multiply them. */
const usableTypes: ReadonlySet<GgmlType> = new Set([GgmlType.F32, GgmlType.F16, GgmlType.BF16, GgmlType.Q8_0]);

/** @throws Error for what is no LoRA adapter of this model */
export async function loadAdapter({ llama, model, path, lastLine }: AdapterOptions): Promise<LoadedAdapter> {
  const fault = await faultOfFile(path);
  if (fault !== null) throw new Error(`adapter: ${fault}`);
  const { native, loaded } = newAdapter(llama, model, path);
  await loaded.catch(async (cause: unknown) => {
    await new Promise((resolve) => setImmediate(resolve)); // The log comes on a way of its own.
    const reason = /failed to apply lora adapter: (.+)$/.exec(lastLine())?.[1] ?? 'llama.cpp cannot read it';
    throw new Error(`adapter: ${reason}`, { cause });
  });
  await checkTensors(path);
  return { native, bytes: (await stat(path)).size };
}

/** For a file whose header llama.cpp has read: it is of one piece. @throws Error */
export async function checkTensors(path: string): Promise<void> {
  const { metadata, fullTensorInfo = [] } = await readGgufFileInfo(path, { sourceType: 'filesystem' });
  if (fullTensorInfo.length === 0) throw new Error('adapter: it holds no tensors');
  const odd = fullTensorInfo.find(({ ggmlType }) => !usableTypes.has(ggmlType));
  if (odd !== undefined) {
    const names = [...usableTypes].map((type) => GgmlType[type]).join(', ');
    throw new Error(
      `adapter: its tensors are of type ${GgmlType[odd.ggmlType] ?? odd.ggmlType}; convert them to one of ${names}`,
    );
  }
  if ('alora' in Object(Reflect.get(metadata, 'adapter'))) {
    throw new Error('adapter: it waits for a marker in the prompt, which this engine does not look for');
  }
}

/** @throws Error when the model computes no numbers with it */
export async function applyAdapter({ context, createSampler }: Native, adapter: LoadedAdapter): Promise<void> {
  context.setLoras([adapter.native], [1]);
  context.initBatch(1);
  const [logit = -1] = context.addToBatch(0, 0, Uint32Array.of(0), Uint32Array.of(0));
  await context.decodeBatch();
  const sampler = createSampler();
  sampler.applyConfig({ temperature: 1, topK: 1, seed: 0 });
  const [, , , best = []] = await context.sampleToken(
    logit,
    sampler,
    false,
    false,
    [[], false, false, false, 1],
    false,
  );
  sampler.dispose();
  context.removeTokenCellsFromSequence(0, -1, -1);
  if (!Number.isFinite(best[1])) throw new Error('adapter: with it, the model computes no numbers');
}
