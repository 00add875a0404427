// Verbs that put something to a model.
import { wholeNumber, wholeNumbers } from './numbers.ts';
import { startSettings } from './settings-of.ts';
import type { VerbGroup } from './verb.ts';

/** Its options, as they were parsed. */
interface Bench {
  readonly json: boolean;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly streams: readonly number[];
  readonly runs: number;
  readonly timeLimit: number;
}

export const chatVerbs: VerbGroup = {
  heading: 'Asking:',
  verbs: [
    {
      name: 'run',
      summary: 'one answer, or a chat when no prompt is given',
      details:
        'Uses the running server, else starts one for as long as it takes. Without a prompt it is a chat on a terminal, ' +
        'and elsewhere it reads the prompt from standard input. In the chat, /help lists the commands.',
      args: [
        { usage: '<model>', doc: 'org/name, or an alias' },
        { usage: '[prompt...]', doc: 'what to ask; the words are joined' },
      ],
      options: [
        {
          usage: '--image <file>',
          doc: 'an image to show the model; may be repeated',
          repeats: true,
        },
        { usage: '--system <text>', doc: 'system prompt' },
        { usage: '--no-history', doc: 'keep nothing of what is typed in the chat, and recall nothing' },
      ],
      settings: startSettings,
      examples: [
        'mlxs run starter/smollm2-135m-instruct-gguf',
        'mlxs run starter/smollm2-135m-instruct-gguf "What is the capital of France?"',
        'mlxs run starter/shapes-vlm "What is this?" --image photo.jpg',
        'mlxs run starter/smollm2-135m-instruct-gguf < question.txt',
      ],
      async act({ flags, options, args: [model, words] }) {
        const { run } = await import('../run.ts');
        const prompt = (words as readonly string[]).join(' ') || undefined;
        const imageFiles = (options.image ?? []) as readonly string[];
        const system = options.system as string | undefined;
        const keepsHistory = options.history === true;
        await run(flags, { model: model as string, prompt, imageFiles, system, keepsHistory });
        return undefined;
      },
    },
    {
      name: 'bench',
      summary: 'how fast a model answers on this machine',
      details:
        'Measures the time to the first token, prefill and decode at so many streams at once, with prompts that no ' +
        'cache knows, after a warm-up. Uses the running server, else starts one for as long as it takes.',
      args: [{ usage: '[model]', doc: 'org/name, or an alias; the default model when left out' }],
      options: [
        { usage: '--prompt-tokens <n>', doc: 'length of each prompt', parse: wholeNumber(1, 1_000_000), fallback: 256 },
        { usage: '--max-tokens <n>', doc: 'length of each answer', parse: wholeNumber(2, 100_000), fallback: 64 },
        { usage: '--streams <list>', doc: 'how many at once', parse: wholeNumbers(1, 256, 8), fallback: [1, 8] },
        { usage: '--runs <n>', doc: 'rounds for each number of streams', parse: wholeNumber(1, 100), fallback: 3 },
        { usage: '--time-limit <seconds>', doc: 'for all of it', parse: wholeNumber(1, 86_400), fallback: 120 },
      ],
      json: true,
      settings: startSettings,
      examples: [
        'mlxs bench starter/smollm2-135m-instruct-gguf',
        'mlxs bench starter/smollm2-135m-instruct --prompt-tokens 1024 --max-tokens 128 --streams 1,4,16',
        'mlxs bench --runs 5 --json',
      ],
      async act({ flags, options, args: [model] }) {
        const { speed } = await import('../speed/speed.ts');
        const { json, promptTokens, maxTokens, streams, runs, timeLimit } = options as unknown as Bench;
        const asked = { json, promptTokens, maxTokens, streams, runs, timeLimitSeconds: timeLimit };
        return speed(flags, asked, model as string | undefined);
      },
    },
  ],
};
