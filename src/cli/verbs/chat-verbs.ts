// Verbs that put something to a model.
import { startSettings } from './settings-of.ts';
import type { VerbGroup } from './verb.ts';

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
        { usage: '<model>', doc: 'org/name, or an alias', completes: 'model' },
        { usage: '[prompt...]', doc: 'what to ask; the words are joined' },
      ],
      options: [
        {
          usage: '--image <file>',
          doc: 'an image to show the model; may be repeated',
          repeats: true,
          completes: 'file',
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
  ],
};
