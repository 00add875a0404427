// The chat in a terminal: lines in, streamed answers out. Ctrl-C stops an answer; at the prompt it leaves, as Ctrl-D does.
import { createInterface } from 'node:readline/promises';
import { ask, type ImagePart, type Turn, userTurn } from './chat-client.ts';
import { CliFailure } from './failure.ts';
import { pastedImagePath, readImageFile, unquoted } from './image-file.ts';
import type { ServerAddress } from './server-address.ts';

const help =
  'Type a message. /image PATH, or the path of an image alone, shows the model an image with your next message. ' +
  '/system TEXT sets the system prompt, /clear forgets the conversation, /bye leaves.';

export interface TerminalChatOptions {
  readonly server: ServerAddress;
  readonly model: string;
  /** Shown with the first message. */
  readonly images: readonly ImagePart[];
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

export async function terminalChat({ server, model, images, input, output }: TerminalChatOptions): Promise<void> {
  const lines = createInterface({ input, output, prompt: '>>> ', historySize: 500 });
  let system: Turn[] = [];
  let turns: Turn[] = [];
  let attached = images;
  let answering: AbortController | undefined;
  lines.on('SIGINT', () => {
    if (answering === undefined) lines.close();
    else answering.abort();
  });

  const answer = async (question: string): Promise<void> => {
    const asked = userTurn(question, attached);
    const messages: Turn[] = [...system, ...turns, asked];
    attached = []; // Refused or not: an image that is refused would spoil every message after this one.
    answering = new AbortController();
    try {
      const text = await ask({
        server,
        model,
        messages,
        signal: answering.signal,
        onText: (part) => output.write(part),
      });
      output.write(answering.signal.aborted ? ' [stopped]\n' : '\n');
      turns = [...turns, asked, { role: 'assistant', content: text }];
    } catch (error) {
      if (!(error instanceof CliFailure)) throw error;
      output.write(`\n${error.message}\n`);
    } finally {
      answering = undefined;
    }
  };

  output.write(`${model}. /help for help.\n`);
  lines.prompt();
  for await (const line of lines) {
    const said = line.trim();
    if (said === '/bye' || said === '/exit') break;
    const pasted = await pastedImagePath(said);
    if (pasted !== undefined) attached = await attach(pasted, attached, output);
    else if (said === '/help') output.write(`${help}\n`);
    else if (said === '/clear') {
      turns = [];
      attached = [];
    } else if (/^\/image(\s|$)/.test(said))
      attached = await attach(unquoted(said.slice('/image'.length).trim()), attached, output);
    else if (said.startsWith('/system')) system = systemTurn(said.slice('/system'.length).trim());
    else if (said.startsWith('/')) output.write(`There is no command ${said.split(' ', 1)[0]}. ${help}\n`);
    else if (said !== '') await answer(said);
    lines.prompt();
  }
  lines.close();
  output.write('\n');
}

const systemTurn = (content: string): Turn[] => (content === '' ? [] : [{ role: 'system', content }]);

/** The images for the next message, with the one in `path` if it is one; what becomes of it is told. */
async function attach(
  path: string,
  attached: readonly ImagePart[],
  output: NodeJS.WritableStream,
): Promise<readonly ImagePart[]> {
  try {
    const image = await readImageFile(path);
    output.write(
      `${attached.length === 0 ? '1 image goes' : `${attached.length + 1} images go`} with your next message.\n`,
    );
    return [...attached, image];
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    output.write(`${error.message}\n`);
    return attached;
  }
}
