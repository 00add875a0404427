// Real engines killed with real signals in mid-answer: the reader must not be able to tell.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, readStream } from '../e2e/test-server.ts';
import { type RealServer, startRealServer, workerPid } from './real-server.ts';

let server: RealServer;
beforeAll(async () => {
  server = await startRealServer();
});
afterAll(() => server.stop());

const cases = [
  { prompt: 'Count from one to twenty in words.', temperature: 0, max_tokens: 24, seed: 1 },
  { prompt: 'Tell me about the ocean.', temperature: 0.8, top_p: 0.9, max_tokens: 24, seed: 2 },
  { prompt: 'Write a short poem.', temperature: 1, top_k: 50, repetition_penalty: 1.1, max_tokens: 24, seed: 3 },
  { prompt: 'List some fruits.', temperature: 0.5, stop: ['\n\n\n'], max_tokens: 24, seed: 4 },
];

const bodyOf = (model: string, { prompt, ...rest }: (typeof cases)[number]) => ({
  model,
  messages: [{ role: 'user', content: prompt }],
  stream: true,
  stream_options: { include_usage: true },
  ...rest,
});

/** Streams the case; kills the model's worker when `killAfter` chunks with text have come. */
async function stream(model: string, index: number, killAfter: number | null) {
  const response = await post(`${server.apiUrl}/v1/chat/completions`, bodyOf(model, cases[index]!));
  let texts = 0;
  let killed: Promise<void> | undefined;
  const read = await readStream(response, (chunk) => {
    if ((chunk.choices[0]?.delta.content ?? '') === '') return;
    texts += 1;
    if (texts === killAfter) killed = workerPid(server, model).then((pid) => void process.kill(pid, 'SIGKILL'));
  });
  await killed;
  return { ...read, tokens: read.chunks.at(-1)?.usage?.completion_tokens, wasKilled: killed !== undefined };
}

describe.each([
  ['starter/smollm2-135m-instruct', cases.length],
  ['starter/smollm2-135m-instruct-gguf', cases.length - 1], // Near-ties behind the seam: CONTRACT 5.
])('%s killed in mid-answer', (model, identicalAtLeast) => {
  it('goes on with an exact seam and counts each token once', async () => {
    let identical = 0;
    for (const index of cases.keys()) {
      const undisturbed = await stream(model, index, null);
      const disturbed = await stream(model, index, 4 + index);
      expect(disturbed.wasKilled).toBe(true);
      expect(disturbed.done).toBe(true);
      expect(disturbed.chunks.some(({ error }) => error !== undefined)).toBe(false);
      if (disturbed.text === undisturbed.text) {
        identical += 1;
        expect(disturbed.tokens).toBe(undisturbed.tokens);
      }
    }
    console.log(`${model}: ${identical} of ${cases.length} identical with the undisturbed run`);
    expect(identical).toBeGreaterThanOrEqual(identicalAtLeast);
    expect(server.log()).toContain('generation-recovered');
  });
});
