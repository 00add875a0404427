import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chatBody, jsonOf, post, startTestServer, until, words } from './test-server.ts';

const blocks = (): string[] =>
  process.platform === 'linux' ? readdirSync('/dev/shm').filter((name) => name.startsWith('mlx-')) : [];
const long = (directives: string): string => `${'x'.repeat(100_000)} ${directives}`;

// The scripted worker refuses every block, as a worker without shared memory would.
describe('a long message to a worker that cannot read blocks', () => {
  it('arrives through the pipe, each time, and leaves no block', async () => {
    await using test = await startTestServer(['counts']);
    const url = `${test.server.apiUrl}/v1/chat/completions`;
    const answers = [1, 2, 3, 4].map((n) => jsonOf(post(url, chatBody('counts', long(`tokens=${n}`)))));
    const texts = (await Promise.all(answers)).map((answer) => answer.choices[0].message.content as string);
    expect(texts).toEqual([1, 2, 3, 4].map(words));
    expect(blocks()).toEqual([]);
  });

  it('is still cancelled when its client leaves at once', async () => {
    await using test = await startTestServer(['counts'], { maxConcurrentRequests: 1 });
    const url = `${test.server.apiUrl}/v1/chat/completions`;
    await post(url, chatBody('counts', 'load'));
    const leaving = new AbortController();
    const left = post(url, chatBody('counts', long('tokens=100000 delayMs=50')), { signal: leaving.signal });
    const running = async (): Promise<number> => {
      const status = await jsonOf(fetch(`${test.server.adminUrl}/admin/status`));
      return status.workers[0].running as number;
    };
    await until(async () => (await running()) === 1);
    leaving.abort();
    await expect(left).rejects.toThrow('abort');
    expect((await post(url, chatBody('counts', 'next'))).status).toBe(200);
    expect(blocks()).toEqual([]);
  });
});
