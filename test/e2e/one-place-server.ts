// A server that runs one request at once and lets one wait.
import { afterAll, beforeAll } from 'vitest';
import { chatBody, jsonOf, post, readStream, startTestServer, type TestServer, until } from './test-server.ts';

export let test: TestServer;
export let chat: string;
export let admin: string;

beforeAll(async () => {
  test = await startTestServer(['counts', 'dies-mid-stream', 'never-ready'], {
    maxConcurrentRequests: 1,
    queueMaxDepth: 1,
    queueTimeoutLowMs: 200,
  });
  chat = `${test.server.apiUrl}/v1/chat/completions`;
  admin = test.server.adminUrl;
});
afterAll(async () => test[Symbol.asyncDispose]());

export const adminOf = (path: string): Promise<ReturnType<typeof jsonOf>> => jsonOf(fetch(admin + path));
export const idOf = (response: Response): string => response.headers.get('x-request-id')!;

/** A stream that holds the only place until it is left. */
export async function occupy(): Promise<{ id: string; leave: () => Promise<void> }> {
  const leaving = new AbortController();
  const body = chatBody('counts', 'tokens=100000 delayMs=5', { stream: true });
  const response = await post(chat, body, { signal: leaving.signal });
  const read = readStream(response).catch(() => {});
  const leave = async (): Promise<void> => {
    leaving.abort();
    await read;
    await until(() => !test.server.fleet.busy);
  };
  const id = idOf(response);
  // The head of a stream comes when its request is admitted, the first token later.
  await until(async () => (await phaseOf(id)) === 'decoding');
  return { id, leave };
}

async function phaseOf(id: string): Promise<string | undefined> {
  const { live } = (await adminOf('/admin/requests')) as { live: { id: string; generations: { phase: string }[] }[] };
  return live.find((one) => one.id === id)?.generations[0]?.phase;
}
