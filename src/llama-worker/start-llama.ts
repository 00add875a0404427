// llama.cpp itself, started once a process: which device, how many threads, what of its log is told.
import { availableParallelism } from 'node:os';
import { getLlama, type Llama, LlamaLogLevel, type LlamaOptions } from 'node-llama-cpp';
import { openPrebuilt } from './prebuilt-llama.ts';

/** One core stays free for the event loop: more threads than cores make llama.cpp hundreds of times slower. */
export const threads = Math.max(1, availableParallelism() - 1);

const logged: readonly LlamaLogLevel[] = [LlamaLogLevel.fatal, LlamaLogLevel.error, LlamaLogLevel.warn];

export async function startLlama(log: (line: string) => void): Promise<Llama> {
  const options: LlamaOptions = {
    gpu: process.platform === 'darwin' ? 'auto' : false,
    maxThreads: threads,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      if (logged.includes(level)) log(message.trim());
    },
  };
  return (await openPrebuilt(options)) ?? (await getLlama({ ...options, build: 'never', progressLogs: false }));
}
