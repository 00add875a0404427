// What a worker says once its model is loaded, with the facts that do not depend on what it was loaded for.
import { getModuleVersion, type Llama } from 'node-llama-cpp';
import { type FromWorker, protocolVersion } from '../ipc/index.ts';

export type Ready = Extract<FromWorker, { type: 'ready' }>;

export interface ReadyFacts extends Pick<Ready, 'contextLength' | 'vocabularySize' | 'memoryBytes'> {
  readonly llama: Llama;
  /** Where it computes, if not on llama.cpp's own choice of device. */
  readonly device?: Ready['device'];
  /** One without it. */
  readonly sequences?: number;
  /** None without it. */
  readonly pausable?: number;
}

export async function readyFrame({ llama, device, sequences = 1, pausable = 0, ...facts }: ReadyFacts): Promise<Ready> {
  return {
    type: 'ready',
    protocol: protocolVersion,
    engine: 'llama.cpp',
    engineVersion: `${llama.llamaCppRelease.release} (node-llama-cpp ${await getModuleVersion()})`,
    device: device ?? (llama.gpu === false ? 'cpu' : llama.gpu),
    ...facts,
    sequences,
    pausable,
  };
}
