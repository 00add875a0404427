// What is known of a model from its files, before any worker opens it.
import type { SamplingDefaults } from '../core/index.ts';

export type EngineName = 'mlx-text' | 'mlx-vision' | 'llama';

export interface Model {
  /** org/name, with :TAG when one GGUF file of several was asked for. */
  readonly id: string;
  readonly engine: EngineName;
  /** Turns texts into vectors, and writes none. */
  readonly embeds: boolean;
  /** What the worker loads: a folder of safetensors, or one GGUF file. Never leaves this process but to a worker. */
  readonly path: string;
  /** Size of the weight files in bytes. */
  readonly weightBytes: number;
  /** When the weights were written, in seconds since 1970. */
  readonly createdSeconds: number;
  /** It lies in the hub's cache, which can fetch what is missing of it. */
  readonly fromHub: boolean;
  /** Another one when its files have changed. */
  readonly stamp: string;
  readonly samplingDefaults: SamplingDefaults;
}
