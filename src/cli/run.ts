// run MODEL [PROMPT] [--image FILE]: one answer, or a chat in the terminal. Uses the running server, else starts one for
// as long as it takes.
import { askAdmin } from './admin-client.ts';
import { ask, type Turn, userTurn } from './chat-client.ts';
import { CliFailure } from './failure.ts';
import { readImageFile } from './image-file.ts';
import { reachServer } from './reach-server.ts';
import type { Flags } from './read-config.ts';
import type { ServerAddress } from './server-address.ts';
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
    await requireModel(server, model);
    await loadAhead(server, model);
    if (prompt !== undefined) await answerOnce(server, model, userTurn(prompt, images));
    else if (process.stdin.isTTY) {
      await terminalChat({ server, model, images, input: process.stdin, output: process.stdout });
    } else await answerOnce(server, model, userTurn(await readAll(process.stdin), images));
  } finally {
    await server.close();
  }
}

async function requireModel({ apiUrl, headers }: ServerAddress, model: string): Promise<void> {
  const response = await fetch(`${apiUrl}/v1/models/${encodeURI(model)}`, { headers });
  if (response.ok) return;
  const { error } = (await response.json()) as { error: { message: string } };
  throw new CliFailure(`${error.message} "mlx-inference-server list" shows what is.`);
}

/** Loads before the first question, with a word about the wait on a terminal. */
async function loadAhead(server: ServerAddress, model: string): Promise<void> {
  const say = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(text);
  };
  say(`loading ${model} …`);
  try {
    await askAdmin(server, '/admin/load', { model });
  } finally {
    say('\r\u001b[K');
  }
}

async function answerOnce(server: ServerAddress, model: string, turn: Turn): Promise<void> {
  const stopped = new AbortController();
  const onInterrupt = (): void => stopped.abort();
  process.once('SIGINT', onInterrupt);
  const onText = (text: string): void => void process.stdout.write(text);
  await ask({ server, model, messages: [turn], signal: stopped.signal, onText });
  process.removeListener('SIGINT', onInterrupt);
  process.stdout.write('\n');
}

async function readAll(input: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of input) text += String(chunk);
  if (text.trim() === '') throw new CliFailure('There is no prompt: give one as an argument or on standard input.', 2);
  return text;
}
