// run MODEL [PROMPT] [--image FILE]: one answer, or a chat in the terminal. Uses the running server, else starts one for
// as long as it takes.
import { adminUrlOf, askAdmin } from './admin-client.ts';
import { ask, type Turn, userTurn } from './chat-client.ts';
import { CliFailure } from './failure.ts';
import { readImageFile } from './image-file.ts';
import { type Flags, readConfig } from './read-config.ts';
import { startServer } from './running-server.ts';
import { terminalChat } from './terminal-chat.ts';

export interface RunOptions {
  readonly model: string;
  readonly prompt: string | undefined;
  /** Paths of image files that the first message is about. */
  readonly imageFiles: readonly string[];
}

export async function run(flags: Flags, { model, prompt, imageFiles }: RunOptions): Promise<void> {
  const images = await Promise.all(imageFiles.map(readImageFile));
  const server = await reachServer(flags);
  try {
    await requireModel(server.apiUrl, model);
    await loadAhead(server.adminUrl, model);
    if (prompt !== undefined) await answerOnce(server.apiUrl, model, userTurn(prompt, images));
    else if (process.stdin.isTTY) {
      await terminalChat({ apiUrl: server.apiUrl, model, images, input: process.stdin, output: process.stdout });
    } else await answerOnce(server.apiUrl, model, userTurn(await readAll(process.stdin), images));
  } finally {
    await server.close();
  }
}

interface ReachedServer {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly close: () => Promise<void>;
}

async function reachServer(flags: Flags): Promise<ReachedServer> {
  const { config } = readConfig(flags);
  const apiUrl = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const health = await fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  const adminUrl = adminUrlOf(config.adminHost, config.adminPort);
  if (health?.ok === true) return { apiUrl, adminUrl, close: async () => {} };
  const logLevel = flags['--log-level'] === undefined ? 'error' : config.logLevel;
  const own = await startServer({ ...config, host: '127.0.0.1', port: 0, adminPort: 0, logLevel, readyFile: null });
  return { apiUrl: own.apiUrl, adminUrl: own.adminUrl, close: () => own.stopNow() };
}

async function requireModel(apiUrl: string, model: string): Promise<void> {
  const response = await fetch(`${apiUrl}/v1/models/${encodeURI(model)}`);
  if (response.ok) return;
  const { error } = (await response.json()) as { error: { message: string } };
  throw new CliFailure(`${error.message} "mlx-inference-server list" shows what is.`);
}

/** Loads before the first question, with a word about the wait on a terminal. */
async function loadAhead(adminUrl: string, model: string): Promise<void> {
  const say = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(text);
  };
  say(`loading ${model} …`);
  try {
    await askAdmin(adminUrl, '/admin/load', { model });
  } finally {
    say('\r\u001b[K');
  }
}

async function answerOnce(apiUrl: string, model: string, turn: Turn): Promise<void> {
  const stopped = new AbortController();
  const onInterrupt = (): void => stopped.abort();
  process.once('SIGINT', onInterrupt);
  const onText = (text: string): void => void process.stdout.write(text);
  await ask({ apiUrl, model, messages: [turn], signal: stopped.signal, onText });
  process.removeListener('SIGINT', onInterrupt);
  process.stdout.write('\n');
}

async function readAll(input: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of input) text += String(chunk);
  if (text.trim() === '') throw new CliFailure('There is no prompt: give one as an argument or on standard input.', 2);
  return text;
}
