// run MODEL [PROMPT]: one answer, or a chat in the terminal.
import { createAnswerView } from './answer-view.ts';
import { openHistoryFile } from './chat/history-file.ts';
import { terminalChat } from './chat/terminal-chat.ts';
import { ask, type Turn, userTurn } from './chat-client.ts';
import { CliFailure } from './failure.ts';
import { readImageFile } from './image-file.ts';
import { useModel } from './model-access.ts';
import { type ReachedServer, reachServer } from './reach-server.ts';
import { chatHistoryPath, type Flags } from './read-config.ts';
import { dim } from './style.ts';

export interface RunOptions {
  readonly model: string;
  readonly prompt: string | undefined;
  /** Paths of image files that the first message is about. */
  readonly imageFiles: readonly string[];
  readonly system: string | undefined;
  /** Whether what is typed in a chat is kept for the next one. */
  readonly keepsHistory: boolean;
}

export async function run(flags: Flags, options: RunOptions): Promise<void> {
  const images = await Promise.all(options.imageFiles.map(readImageFile));
  const server = await reachServer(flags);
  try {
    const { model, prompt, system } = options;
    if (server.isOwn && process.stderr.isTTY) {
      process.stderr.write(
        `${dim(process.stderr, 'No server runs: this one ends with you. "mlxs daemon start" keeps one.')}\n`,
      );
    }
    await useModel(server, model);
    if (prompt === undefined && process.stdin.isTTY && process.stdout.isTTY) {
      const history = options.keepsHistory ? openHistoryFile(chatHistoryPath()) : undefined;
      await terminalChat({ server, model, system, images, history, input: process.stdin, output: process.stdout });
      return;
    }
    const asked = userTurn(prompt ?? (await readAll(process.stdin)), images);
    await answerOnce(server, model, [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      asked,
    ]);
  } finally {
    await server.close();
  }
}

async function answerOnce(server: ReachedServer, model: string, messages: readonly Turn[]): Promise<void> {
  const stopped = new AbortController();
  const onInterrupt = (): void => stopped.abort();
  process.once('SIGINT', onInterrupt);
  const view = createAnswerView(process.stdout);
  try {
    await ask({ server, model, messages, signal: stopped.signal, ...view });
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    view.end();
  }
}

async function readAll(input: NodeJS.ReadStream): Promise<string> {
  if (input.isTTY && process.stderr.isTTY) process.stderr.write('Type the prompt; Ctrl-D ends it.\n');
  let text = '';
  for await (const chunk of input) text += String(chunk);
  if (text.trim() === '') throw new CliFailure('There is no prompt: give one as an argument or on standard input.', 2);
  return text;
}
