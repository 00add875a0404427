// Servers with workers that misbehave, one or more a test, gone when the test is over.
import { afterEach } from 'vitest';
import type { Config } from '../../src/config/index.ts';
import { chatBody, startTestServer, type TestServer } from './test-server.ts';

const open: TestServer[] = [];

export async function start(fixtures: readonly string[], overrides: Partial<Config> = {}) {
  const test = await startTestServer(fixtures, overrides);
  open.push(test);
  return { test, chat: `${test.server.apiUrl}/v1/chat/completions`, fleet: test.server.fleet };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((test) => test[Symbol.asyncDispose]()));
});

export const pidOf = ({ server }: TestServer, model: string): number | null =>
  server.fleet.snapshots().find((snapshot) => snapshot.model === `test/${model}`)?.pid ?? null;

export const streamed = (model: string, content: string) =>
  chatBody(model, content, { stream: true, stream_options: { include_usage: true } });
