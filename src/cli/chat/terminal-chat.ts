// The chat in a terminal: messages and commands in, streamed answers out. Ctrl-C stops an answer and keeps the chat.
import type { Readable, Writable } from 'node:stream';
import { createAnswerView } from '../answer-view.ts';
import { ask, type ImagePart, type Turn, userTurn } from '../chat-client.ts';
import { CliFailure } from '../failure.ts';
import { pastedImagePath } from '../image-file.ts';
import { modelNames, useModel } from '../model-access.ts';
import type { ServerAddress } from '../server-address.ts';
import { dim } from '../style.ts';
import { attachImage, type Chat, isCommand, runCommand } from './commands.ts';
import { complete } from './complete.ts';
import type { Conversation } from './conversation.ts';
import type { HistoryFile } from './history-file.ts';
import { createMessageReader } from './message-reader.ts';

export interface TerminalChatOptions {
  readonly server: ServerAddress;
  readonly model: string;
  /** Undefined: none. */
  readonly system: string | undefined;
  /** Shown with the first message. */
  readonly images: readonly ImagePart[];
  readonly history: HistoryFile | undefined;
  readonly input: Readable;
  readonly output: Writable;
}

export async function terminalChat({ server, model, system, images, ...terminal }: TerminalChatOptions): Promise<void> {
  const { input, output, history } = terminal;
  const conversation: Conversation = { model, system: system ?? null, options: {}, turns: [], attached: images };
  const chat: Chat = {
    conversation,
    useModel: async (name) => {
      await useModel(server, name);
      conversation.model = name;
    },
  };
  const reader = createMessageReader({
    input,
    output,
    history,
    complete: (line) => complete(line, () => modelNames(server)),
  });
  output.write(`${model}. ${dim(output, '/help lists the commands, Ctrl-D leaves.')}\n`);
  try {
    for (let said = await reader.next(); said !== undefined; said = await reader.next()) {
      const text = said.trim();
      if (text === '') continue;
      const goesOn = await reader.during((signal) => takeUp(text, chat, { server, output, signal }));
      if (!goesOn) return;
    }
    output.write('\n');
  } finally {
    reader.close();
  }
}

interface Surroundings {
  readonly server: ServerAddress;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

/** False ends the chat. What fails is told, and the chat goes on. */
async function takeUp(text: string, chat: Chat, around: Surroundings): Promise<boolean> {
  const { output } = around;
  try {
    const image = await pastedImagePath(text);
    if (image === undefined && !isCommand(text)) {
      await answer(text, chat.conversation, around);
      return true;
    }
    const told = image === undefined ? await runCommand(text, chat) : await attachImage(image, chat.conversation);
    if (told !== undefined) output.write(`${told}\n`);
    return told !== undefined;
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    output.write(`${error.message}\n`);
    return true;
  }
}

async function answer(question: string, conversation: Conversation, around: Surroundings): Promise<void> {
  const { server, output, signal } = around;
  const { model, system, options, turns, attached } = conversation;
  const asked = userTurn(question, attached);
  const messages: Turn[] = [
    ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
    ...turns,
    asked,
  ];
  conversation.attached = []; // Refused or not: an image that is refused would spoil every message after this one.
  const view = createAnswerView(output);
  try {
    const text = await ask({ server, model, messages, options, signal, ...view });
    view.end(signal.aborted ? 'stopped' : undefined);
    if (text !== '' || !signal.aborted) conversation.turns = [...turns, asked, { role: 'assistant', content: text }];
  } catch (error) {
    output.write('\n');
    throw error;
  }
}
