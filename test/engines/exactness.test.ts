// 20 requests that differ in everything, together and alone: the batch must not show in a single character.
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

let server: RealServer;
beforeAll(async () => {
  server = await startRealServer({ MLX_MAX_CONCURRENT_REQUESTS: '20' });
});
afterAll(() => server.stop());

async function answers(model: string): Promise<{ readonly together: string[]; readonly alone: string[] }> {
  const say = async (request: object): Promise<string> => {
    const body = await jsonOf(post(`${server.apiUrl}/v1/chat/completions`, { model, ...request }));
    return body.choices[0].message.content;
  };
  const alone: string[] = [];
  for (const request of requests) alone.push(await say(request));
  return { alone, together: await Promise.all(requests.map(say)) };
}

describe('20 requests together give what they give alone', () => {
  it('on mlx-text: every one', async () => {
    const { together, alone } = await answers('starter/smollm2-135m-instruct');
    expect(together).toEqual(alone);
  });

  it('on llama: at least 17, and the rest part at a near-tie, never with the words of another', async () => {
    const { together, alone } = await answers('starter/smollm2-135m-instruct-gguf');
    const parted = together.flatMap((text, index) => (text === alone[index] ? [] : [index]));
    console.log(`llama: ${together.length - parted.length} of ${together.length} identical`);
    expect(parted.length).toBeLessThanOrEqual(3);
    for (const index of parted) {
      expect(together[index]!.length).toBeGreaterThan(0);
      expect(alone).not.toContain(together[index]); // Another way to go on, but nobody else's words.
    }
  });

  it('on both: nothing of a stop string appears', async () => {
    for (const model of ['starter/smollm2-135m-instruct', 'starter/smollm2-135m-instruct-gguf']) {
      const body = { model, messages: requests[0]!.messages, stop: ['e'], max_tokens: 20, temperature: 0 };
      const { choices } = await jsonOf(post(`${server.apiUrl}/v1/chat/completions`, body));
      expect(choices[0].message.content).not.toContain('e');
      expect(choices[0].finish_reason).toBe('stop');
    }
  });
});
