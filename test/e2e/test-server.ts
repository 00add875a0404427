// A real server on loopback in this process, with worker programs chosen by the test, and clients for it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createParser } from 'eventsource-parser';
import type { Reread } from '../../src/cli/live-config.ts';
import { type RunningServer, startServer } from '../../src/cli/running-server.ts';
import { type Config, loadConfig, readMachine } from '../../src/config/index.ts';
import type { EngineCommands } from '../../src/workers/index.ts';
import { noWeights } from '../fixtures/weights/weight-files.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly folder: string;
}

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/workers/${name}.mjs`, import.meta.url));

/** `rereaderOf` gives the configuration as a reload finds it. A server whose models `test/<fixture>` are run by `test/fixtures/workers/<fixture>.mjs`. */
export async function startTestServer(
  fixtures: readonly string[],
  overrides: Partial<Config> = {},
  rereaderOf: (config: Config) => Reread = (config) => () => ({ config }),
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-test-'));
  for (const name of fixtures) writeModel(join(folder, 'models', 'test', name), name === 'sees-images');
  const loaded = loadConfig({ flags: {}, env: {}, file: null, machine: readMachine() });
  if ('problems' in loaded) throw new Error(loaded.problems.join());
  const config: Config = {
    ...loaded.config,
    port: 0,
    adminPort: 0,
    modelsDirs: [join(folder, 'models')],
    stateDir: join(folder, 'state'),
    huggingFaceHome: join(folder, 'hf'),
    defaultModel: `test/${fixtures[0]}`,
    logLevel: 'silent',
    requestTimeoutMs: 5000,
    ...overrides,
  };
  // The model's folder says which program; the engine is asked by model below.
  const engines: EngineCommands = (_engine, model) => ({
    command: process.execPath,
    args: [fixture(model.split('/')[1]!)],
    env: { PATH: process.env.PATH ?? '' },
  });
  const server = await startServer(config, engines, rereaderOf(config));
  return {
    server,
    folder,
    async [Symbol.asyncDispose]() {
      await server.stopNow();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function writeModel(folder: string, seesImages: boolean): void {
  mkdirSync(folder, { recursive: true });
  const config = { model_type: 'scripted', ...(seesImages ? { vision_config: {} } : {}) };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), noWeights());
}

export const chatBody = (model: string, content: string, more: object = {}) => ({
  model: `test/${model}`,
  messages: [{ role: 'user', content }],
  ...more,
});

export const post = (url: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });

/** The body of an answer, as a test looks at it: whatever is asked for may be missing, and then the test fails. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const jsonOf = async (response: Response | Promise<Response>): Promise<any> => (await response).json();

export interface StreamChunk {
  readonly choices: readonly {
    readonly index: number;
    readonly delta: Record<string, string>;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly completion_tokens: number } | null;
  readonly error?: { readonly code: string };
}

export interface ReadStream {
  readonly chunks: StreamChunk[];
  readonly text: string;
  readonly done: boolean;
}

/** Reads a stream to its end; calls `onChunk` for each chunk as it comes. */
export async function readStream(
  response: Response,
  onChunk: (chunk: StreamChunk) => void = () => {},
): Promise<ReadStream> {
  const chunks: StreamChunk[] = [];
  let done = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') {
        done = true;
        return;
      }
      const chunk = JSON.parse(data) as StreamChunk;
      chunks.push(chunk);
      onChunk(chunk);
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
  return { chunks, done, text: chunks.map((chunk) => chunk.choices?.[0]?.delta?.content ?? '').join('') };
}

/** "w0 w1 … w(n-1) ": what a scripted worker says in n tokens. */
export const words = (n: number): string => Array.from({ length: n }, (_, index) => `w${index} `).join('');

/** Whether a process with this pid is alive (a zombie is not). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
