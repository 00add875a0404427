// llama.cpp driven in process: `in-process-llama MODEL.gguf STREAMS`. Two ways, chosen by BENCH_LLAMA_DRIVER: "generators"
// is node-llama-cpp's public API, one evaluate() loop a sequence; "batches", the default, is one native decode a step for
// all sequences, the least that can be done around the engine and the stricter baseline.
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { getLlama, type LlamaContext, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp';
import type { BaselineRun, BaselineStream, Prompt } from './in-process.ts';
import { createBatchDriver } from './llama-batch-driver.ts';

export type Drive = (prompts: readonly (readonly number[])[], maxTokens: number) => Promise<readonly BaselineStream[]>;

/** The context that the worker would give one sequence. */
const mostContextTokens = 8192;
const batchTokens = 512;

function createGeneratorDriver(context: LlamaContext, streams: number): Drive {
  const sequences = Array.from({ length: streams }, () => context.getSequence());
  return async (prompts, maxTokens) => {
    const beganMs = performance.now();
    return Promise.all(
      prompts.map(async (prompt, index) => {
        const sequence = sequences[index]!;
        await sequence.clearHistory();
        const stream = { firstTokenMs: 0, lastTokenMs: 0, tokens: 0 };
        for await (const _ of sequence.evaluate([...prompt] as Token[], { temperature: 0, yieldEogToken: true })) {
          stream.lastTokenMs = performance.now() - beganMs;
          if (stream.tokens === 0) stream.firstTokenMs = stream.lastTokenMs;
          stream.tokens += 1;
          if (stream.tokens === maxTokens) break;
        }
        return stream;
      }),
    );
  };
}

const tokensOf = (model: LlamaModel, prompt: Prompt): readonly number[] =>
  typeof prompt === 'string' ? model.tokenize(prompt) : prompt;

async function main(path: string, streams: number): Promise<void> {
  const threads = Math.max(1, availableParallelism() - 1);
  const llama = await getLlama({ build: 'never', gpu: false, maxThreads: threads, logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({
    contextSize: Math.min(model.trainContextSize, mostContextTokens),
    sequences: streams,
    batchSize: batchTokens,
    threads,
    flashAttention: 'auto',
    swaFullCache: true,
  });
  const isEnd = (token: number): boolean => model.isEogToken(token as Token);
  const drive =
    process.env.BENCH_LLAMA_DRIVER === 'generators'
      ? createGeneratorDriver(context, streams)
      : createBatchDriver({ llama, model, context, batchTokens, isEnd });
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const { prompts, maxTokens } = JSON.parse(line) as BaselineRun;
    const result = await drive(
      prompts.map((prompt) => tokensOf(model, prompt)),
      maxTokens,
    );
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  process.exit(0);
}

await main(process.argv[2] ?? '', Number(process.argv[3] ?? 1));
