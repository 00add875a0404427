// One streamed chat answer from a server's own API, as any client would ask for it.
import { createParser } from 'eventsource-parser';
import { CliFailure } from './failure.ts';
import type { ServerAddress } from './server-address.ts';

export interface ImagePart {
  readonly type: 'image_url';
  readonly image_url: { readonly url: string };
}

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string | readonly (ImagePart | { readonly type: 'text'; readonly text: string })[];
}

/** What the user says, with the images it is about in front. */
export const userTurn = (text: string, images: readonly ImagePart[]): Turn => ({
  role: 'user',
  content: images.length === 0 ? text : [...images, { type: 'text', text }],
});

export interface AskOptions {
  readonly server: ServerAddress;
  readonly model: string;
  readonly messages: readonly Turn[];
  /** Sampling and the like, under the names of the API. */
  readonly options?: Readonly<Record<string, number>>;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
  /** What a model thinks before it answers. */
  readonly onThought?: (text: string) => void;
}

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string; readonly reasoning_content?: string } }[];
  readonly error?: { readonly message: string };
}

/** The whole answer; what had come is returned when `signal` aborts. @throws CliFailure with the server's message. */
export async function ask(about: AskOptions): Promise<string> {
  const { server, model, messages, options = {}, signal, onText, onThought = () => {} } = about;
  let answer = '';
  let failure: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as Chunk;
      failure ??= chunk.error?.message;
      const { content: text = '', reasoning_content: thought = '' } = chunk.choices?.[0]?.delta ?? {};
      answer += text;
      if (thought !== '') onThought(thought);
      if (text !== '') onText(text);
    },
  });
  try {
    const response = await fetch(`${server.apiUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...server.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ ...options, model, messages, stream: true }),
      signal,
    });
    if (!response.ok)
      throw new CliFailure(((await response.json()) as Chunk).error?.message ?? `HTTP ${response.status}`);
    const decoder = new TextDecoder();
    for await (const bytes of response.body!) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
  } catch (error) {
    if (signal.aborted) return answer;
    if (error instanceof CliFailure) throw error;
    throw new CliFailure('The connection to the server was lost.');
  }
  if (failure !== undefined) throw new CliFailure(failure);
  return answer;
}
