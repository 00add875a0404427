// Requests that differ in everything, together and alone: the batch must not show in a single character. Nor must it show
// that the choices of one request are sequences of one batch.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, post } from '../e2e/test-server.ts';
import { type RealServer, startRealServer } from './real-server.ts';

const subjects = ['the sea', 'a fox', 'winter', 'bread', 'the moon', 'a train', 'music', 'rain', 'a garden', 'glass'];
const requests = Array.from({ length: 20 }, (_, index) => ({
  messages: [{ role: 'user', content: `About ${subjects[index % subjects.length]}, number ${index}.` }],
  max_tokens: 8 + (index % 5) * 2,
  temperature: index % 4 === 0 ? 0 : 0.4 + (index % 4) * 0.3,
  seed: 1000 + index,
  ...(index % 2 === 0 ? { stop: [['.', ' the', 'e s', ','][(index / 2) % 4]] } : {}),
  ...(index % 3 === 0 ? { top_p: 0.9 } : {}),
  ...(index % 5 === 0 ? { top_k: 40 } : {}),
  ...(index % 6 === 1 ? { repetition_penalty: 1.2, frequency_penalty: 0.3 } : {}),
  ...(index % 7 === 2 ? { min_p: 0.05, presence_penalty: 0.5 } : {}),
}));

/** MLX on a CPU that others use as well makes a token or two a second. */
const timeout = 900_000;
const fixtures = resolve(import.meta.dirname, '../fixtures/shapes-vlm');
let server: RealServer;
beforeAll(async () => {
  server = await startRealServer({ MLX_MAX_CONCURRENT_REQUESTS: '20' });
});
afterAll(() => server.stop());

interface Answer {
  readonly text: string;
  /** Of each token, of the model's own distribution. */
  readonly logprobs: readonly number[];
}

const mlx = 'starter/smollm2-135m-instruct';
const gguf = 'starter/smollm2-135m-instruct-gguf';
const vlm = 'starter/shapes-vlm';

async function say(model: string, request: object): Promise<Answer[]> {
  const body = await jsonOf(post(`${server.apiUrl}/v1/chat/completions`, { model, logprobs: true, ...request }));
  return body.choices.map(
    ({ message, logprobs }: { message: { content: string }; logprobs: { content: { logprob: number }[] } }) => ({
      text: message.content,
      logprobs: logprobs.content.map(({ logprob }) => logprob),
    }),
  );
}

async function answers(model: string, asked: readonly object[] = requests) {
  const alone: Answer[] = [];
  for (const request of asked) alone.push(...(await say(model, request)));
  const together = (await Promise.all(asked.map((request) => say(model, request)))).flat();
  return { alone, together };
}

const textsOf = (all: readonly Answer[]): string[] => all.map(({ text }) => text);

/** The largest difference of logprobs between answers of the same text. */
const drift = (one: readonly Answer[], other: readonly Answer[]): number =>
  Math.max(
    0,
    ...one.flatMap(({ text, logprobs }, index) =>
      text === other[index]!.text ? logprobs.map((each, at) => Math.abs(each - other[index]!.logprobs[at]!)) : [],
    ),
  );

describe('20 requests together give what they give alone', () => {
  it('on mlx-text: every one', { timeout }, async () => {
    const { together, alone } = await answers(mlx);
    expect(textsOf(together)).toEqual(textsOf(alone));
    console.log(`mlx-text: logprobs differ by ${drift(together, alone)} at the most`);
    expect(drift(together, alone)).toBeLessThan(1e-3);
  });

  it('on llama: at least 17, and the rest part at a near-tie, never with the words of another', async () => {
    const { together, alone } = await answers(gguf);
    const parted = together.flatMap(({ text }, index) => (text === alone[index]!.text ? [] : [index]));
    console.log(`llama: ${together.length - parted.length} of ${together.length} identical`);
    console.log(`llama: logprobs differ by ${drift(together, alone)} at the most`);
    expect(parted.length).toBeLessThanOrEqual(3);
    for (const index of parted) {
      expect(together[index]!.text.length).toBeGreaterThan(0);
      expect(textsOf(alone)).not.toContain(together[index]!.text); // Another way to go on, but nobody else's words.
    }
  });

  it('on mlx-vision: 16 with pictures and without, every one', async () => {
    const pictures = ['orange-circle-64.png', 'orange-circle-64.png'].map(
      (name) => `data:image/png;base64,${readFileSync(join(fixtures, name), 'base64')}`,
    );
    const asked = Array.from({ length: 16 }, (_, index) => ({
      messages: [
        {
          role: 'user',
          content: [
            ...pictures.slice(0, index % 3).map((url) => ({ type: 'image_url', image_url: { url } })),
            { type: 'text', text: `What is ${subjects[index % subjects.length]}?` },
          ],
        },
      ],
      max_tokens: 6 + (index % 4),
      ignore_eos: true,
      temperature: index % 4 === 0 ? 0 : 1,
      seed: 50 + index,
    }));
    const { together, alone } = await answers(vlm, asked);
    expect(textsOf(together)).toEqual(textsOf(alone));
    expect(new Set(textsOf(alone)).size).toBeGreaterThan(8);
    console.log(`mlx-vision: logprobs differ by ${drift(together, alone)} at the most`);
    expect(drift(together, alone)).toBeLessThan(1e-3);
  });
});

describe('choices of one request', () => {
  const request = { ...requests[1]!, max_tokens: 8, ignore_eos: true, temperature: 1 };
  const single = async (model: string): Promise<Answer[]> => {
    const each: Answer[] = [];
    for (const more of [0, 1, 2]) each.push(...(await say(model, { ...request, seed: request.seed + more })));
    return each;
  };

  it.each([mlx, vlm])('have each their own seed: the request’s, and the next ones, on %s', async (model) => {
    const together = await say(model, { ...request, n: 3 });
    expect(textsOf(together)).toEqual(textsOf(await single(model)));
    expect(new Set(textsOf(together)).size).toBe(3);
  });

  it('so too on llama, up to near-ties', async () => {
    const together = await say(gguf, { ...request, n: 3 });
    const apart = await single(gguf);
    const same = together.filter(({ text }, index) => text === apart[index]!.text).length;
    console.log(`llama: ${same} of 3 choices identical`);
    expect(same).toBeGreaterThanOrEqual(2);
    expect(new Set(textsOf(together)).size).toBe(3);
  });
});

describe('a stop string', () => {
  it('does not appear in an answer, on both text engines', async () => {
    for (const model of [mlx, gguf]) {
      const body = { model, messages: requests[0]!.messages, stop: ['e'], max_tokens: 20, temperature: 0 };
      const { choices } = await jsonOf(post(`${server.apiUrl}/v1/chat/completions`, body));
      expect(choices[0].message.content).not.toContain('e');
      expect(choices[0].finish_reason).toBe('stop');
    }
  });
});
