// A server and its raw socket, for messages that no HTTP client would send. Afterwards: the same worker, the same prototypes, and
// an answer.
import { afterAll, beforeAll, expect } from 'vitest';
import { head, type RawAnswer } from './raw-http.ts';
import { chatBody, jsonOf, post, startTestServer, type TestServer, words } from './test-server.ts';

export let test: TestServer;
export let port: number;
/** The header that names the server. */
export let host: string;
let workerPid: number | null;

beforeAll(async () => {
  test = await startTestServer(['counts']);
  port = Number(new URL(test.server.apiUrl).port);
  host = `Host: 127.0.0.1:${port}`;
  await post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'tokens=1'));
  workerPid = test.server.fleet.snapshots()[0]!.pid;
});
afterAll(async () => {
  expect(test.server.fleet.snapshots()[0]!.pid).toBe(workerPid);
  expect(Object.keys(Object.prototype)).toEqual([]);
  const answer = await jsonOf(post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'tokens=2')));
  expect(answer.choices[0].message.content).toBe(words(2));
  await test[Symbol.asyncDispose]();
});

export const chat = (lines: readonly string[], body = ''): string =>
  head('POST /v1/chat/completions HTTP/1.1', host, 'Content-Type: application/json', ...lines) + body;

/** The error in the shape that every error has. */
export function errorOf(answer: RawAnswer): { code: string; message: string } {
  const { error } = JSON.parse(answer.body) as { error: { code: string; message: string } };
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  expect(answer.text.length).toBeLessThan(4096);
  expect(answer.headers['x-request-id']).toMatch(/^req_/);
  return error;
}
