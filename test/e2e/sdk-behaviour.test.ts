// What the official OpenAI clients, JavaScript and Python, make of our refusals and failures: which they try again, and
// that none is silent.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { chatBody, jsonOf, startTestServer, type TestServer, until, words } from './test-server.ts';

interface Case {
  readonly id: string;
  readonly baseUrl: string;
  readonly key: string;
  readonly model: string;
  readonly content: string;
  readonly stream: boolean;
}

interface Outcome {
  readonly text: string;
  readonly error: { readonly isApiError: boolean; readonly status: number | null; readonly code: string | null } | null;
}

/** Asks once, with the client's own retries. `onFirst` is called at the first chunk of a stream. */
type Sdk = (one: Case, onFirst?: () => void) => Promise<Outcome>;

const javaScript: Sdk = async ({ id, baseUrl, key, model, content, stream }, onFirst = () => {}) => {
  const client = new OpenAI({ baseURL: baseUrl, apiKey: key });
  const body = { model, messages: [{ role: 'user' as const, content }] };
  const options = { headers: { 'x-request-id': id } };
  let text = '';
  try {
    if (!stream) {
      const { choices } = await client.chat.completions.create(body, options);
      return { text: choices[0]!.message.content!, error: null };
    }
    for await (const chunk of await client.chat.completions.create({ ...body, stream }, options)) {
      if (text === '') onFirst();
      text += chunk.choices[0]?.delta.content ?? '';
    }
    return { text, error: null };
  } catch (error) {
    const { status = null, code = null } = error as { status?: number; code?: string };
    return { text, error: { isApiError: error instanceof OpenAI.APIError, status, code } };
  }
};

function startPython(): { readonly sdk: Sdk; readonly process: ChildProcess } {
  const program = fileURLToPath(new URL('../../.runtime/python/dev/bin/python', import.meta.url));
  const script = fileURLToPath(new URL('openai_driver.py', import.meta.url));
  const child = spawn(program, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const sdk: Sdk = async (one, onFirst = () => {}) => {
    child.stdin.write(`${JSON.stringify(one)}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the Python client ended');
      const said = JSON.parse(value) as Outcome | 'first';
      if (said !== 'first') return said;
      onFirst();
    }
  };
  return { sdk, process: child };
}

let test: TestServer;
let limited: TestServer;
let python: ReturnType<typeof startPython>;

beforeAll(async () => {
  python = startPython();
  test = await startTestServer(['counts', 'falls-silent', 'dies-on-poison'], {
    maxConcurrentRequests: 1,
    queueMaxDepth: 0,
    requestTimeoutMs: 2000,
  });
  const apiKeys = ['javascript', 'python'].map((name) => ({ name, secret: new Secret(name) }));
  limited = await startTestServer(['counts'], { rateLimitEnabled: true, rateLimitRpm: 30, rateLimitBurst: 1, apiKeys });
});
afterAll(async () => {
  python.process.kill();
  await Promise.all([test, limited].map((server) => server[Symbol.asyncDispose]()));
});

interface Seen {
  readonly clientRequestId: string;
  readonly status: number | null;
}

async function seen({ server }: TestServer, id: string): Promise<Seen[]> {
  const headers = { 'x-api-key': 'javascript' };
  const { live, recent } = await jsonOf(fetch(`${server.adminUrl}/admin/requests`, { headers }));
  return [...live, ...recent].filter(({ clientRequestId }: Seen) => clientRequestId === id);
}

/** How often a request with this id arrived. */
const attempts = async (server: TestServer, id: string): Promise<number> => (await seen(server, id)).length;
const refused = async (id: string): Promise<number> =>
  (await seen(test, id)).filter(({ status }) => status === 503).length;

/** Resolves once a stream has the place; the function returned leaves it. */
async function fillTheOnlyPlace(): Promise<() => void> {
  await until(() => !test.server.fleet.busy);
  const left = new AbortController();
  const body = JSON.stringify(chatBody('counts', 'tokens=900 delayMs=50', { stream: true }));
  const headers = { 'content-type': 'application/json', 'x-request-timeout': '60' };
  const url = `${test.server.apiUrl}/v1/chat/completions`;
  let stream: Response | undefined;
  await until(async () => {
    stream = await fetch(url, { method: 'POST', headers, body, signal: left.signal });
    return stream.ok;
  });
  // An answer that nobody holds is cancelled when it is collected: the function that is returned holds it.
  const reader = stream!.body!.getReader();
  await reader.read();
  return () => {
    left.abort();
    void reader.cancel().catch(() => {});
  };
}

describe.each(['javascript', 'python'] as const)("OpenAI's client for %s", (language) => {
  const ask = async (
    id: string,
    content: string,
    more: { readonly model?: string; readonly stream?: boolean; readonly at?: TestServer } = {},
    onFirst?: () => void,
  ) => {
    const { model = 'counts', stream = false, at = test } = more;
    const one = {
      id: `${language}-${id}`,
      baseUrl: `${at.server.apiUrl}/v1`,
      key: language,
      model: `test/${model}`,
      content,
      stream,
    };
    const outcome = await (language === 'python' ? python.sdk : javaScript)(one, onFirst);
    return { ...outcome, attempts: await attempts(at, one.id) };
  };

  it('waits out a rate limit', async () => {
    await fetch(`${limited.server.apiUrl}/v1/models`, { headers: { 'x-api-key': language } });
    const answer = await ask('limited', 'tokens=2', { at: limited });
    expect(answer).toEqual({ text: words(2), error: null, attempts: 2 });
  });

  it('waits for a place in a full queue', async () => {
    const free = await fillTheOnlyPlace();
    const answer = ask('queue', 'tokens=2');
    await until(async () => (await refused(`${language}-queue`)) === 1);
    free();
    expect(await answer).toEqual({ text: words(2), error: null, attempts: 2 });
  });

  it('gives up on a queue that stays full, and says so', async () => {
    const free = await fillTheOnlyPlace();
    const answer = await ask('full', 'tokens=2');
    free();
    expect(answer).toEqual({
      text: '',
      error: { isApiError: true, status: 503, code: 'queue_full' },
      attempts: 3,
    });
    await until(() => !test.server.fleet.busy);
  });

  it.each([
    ['a worker that hangs', 'falls-silent', 'silent', 504, 'worker_timeout'],
    ['a request that kills its workers', 'dies-on-poison', 'poison', 500, 'worker_crashed'],
  ])('does not try again after %s', async (_, model, content, status, code) => {
    const answer = await ask(code, content, { model });
    expect(answer).toEqual({ text: '', error: { isApiError: true, status, code }, attempts: 1 });
  });

  it('raises an error in mid-stream, behind the text so far', async () => {
    const answer = await ask('midstream', 'poison tokens=9', { model: 'dies-on-poison', stream: true });
    expect(answer).toMatchObject({ error: { isApiError: true, code: 'worker_crashed' }, attempts: 1 });
    expect(answer.text).toMatch(/^w0 w1 /);
    expect(answer.text).not.toContain('w8');
  });

  it('raises an error where the connection breaks in mid-stream', async () => {
    const cut = (): void => test.server.api.server.closeAllConnections();
    const answer = await ask('broken', 'tokens=500 delayMs=10', { stream: true }, cut);
    expect(answer.error).not.toBeNull();
    expect(answer.attempts).toBe(1);
  });
});
