// llama.cpp itself, started once a process: which device, how many threads, what of its log is told.
import { availableParallelism } from 'node:os';
import { getLlama, type Llama, LlamaLogLevel, type LlamaOptions } from 'node-llama-cpp';

/** One core stays free for the event loop: more threads than cores make llama.cpp hundreds of times slower. */
export const threads = Math.max(1, availableParallelism() - 1);

const logged: readonly LlamaLogLevel[] = [LlamaLogLevel.fatal, LlamaLogLevel.error, LlamaLogLevel.warn];

export function startLlama(log: (line: string) => void): Promise<Llama> {
  const gpu: LlamaOptions['gpu'] = process.platform === 'darwin' ? 'auto' : false;
  return getLlama({
    build: 'never',
    gpu,
    maxThreads: threads,
    progressLogs: false,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      if (logged.includes(level)) log(message.trim());
    },
  });
}
