// The chat in a terminal: lines in, streamed answers out. Ctrl-C stops an answer; at the prompt it leaves, as Ctrl-D does.
import { createInterface } from 'node:readline/promises';
import { ask, type Turn } from './chat-client.ts';
import { CliFailure } from './failure.ts';
import type { ServerAddress } from './server-address.ts';

const help = 'Type a message. /system TEXT sets the system prompt, /clear forgets the conversation, /bye leaves.';

export interface TerminalChatOptions {
  readonly server: ServerAddress;
  readonly model: string;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

export async function terminalChat({ server, model, input, output }: TerminalChatOptions): Promise<void> {
  const lines = createInterface({ input, output, prompt: '>>> ', historySize: 500 });
  let system: Turn[] = [];
  let turns: Turn[] = [];
  let answering: AbortController | undefined;
  lines.on('SIGINT', () => {
    if (answering === undefined) lines.close();
    else answering.abort();
  });

  const answer = async (question: string): Promise<void> => {
    const messages: Turn[] = [...system, ...turns, { role: 'user', content: question }];
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
      turns = [...turns, { role: 'user', content: question }, { role: 'assistant', content: text }];
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
    if (said === '/help') output.write(`${help}\n`);
    else if (said === '/clear') turns = [];
    else if (said.startsWith('/system')) system = systemTurn(said.slice('/system'.length).trim());
    else if (said.startsWith('/')) output.write(`There is no command ${said.split(' ', 1)[0]}. ${help}\n`);
    else if (said !== '') await answer(said);
    lines.prompt();
  }
  lines.close();
  output.write('\n');
}

const systemTurn = (content: string): Turn[] => (content === '' ? [] : [{ role: 'system', content }]);
