// Ollama's messages → turns as chat templates know them. Its calls of tools have no ids: a result answers the first call
// of its tool that is still open. Pure.
import { z } from 'zod';
import type { ChatMessage, ToolCall, ToolDefinition } from '../core/index.ts';
import { listOf, maybe } from '../openai/index.ts';

export const imagesField = maybe(z.array(z.unknown()).max(64).pipe(z.array(z.string())));

const toolCall = z.object({
  id: maybe(z.string().min(1).max(256)),
  function: z.object({ name: z.string().min(1).max(128), arguments: z.record(z.string(), z.unknown()) }),
});

const message = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: maybe(z.string()),
  thinking: maybe(z.string()),
  images: imagesField,
  tool_calls: maybe(z.array(z.unknown()).max(128).pipe(z.array(toolCall))),
  tool_name: maybe(z.string().max(128)),
  tool_call_id: maybe(z.string().max(256)),
});

export const messagesField = z.union([z.array(z.unknown()).length(0), listOf(message, 10_000)]);

export type SentMessage = z.output<typeof message>;

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/, 'must be 1 to 128 of letters, digits, _, . and -'),
    description: maybe(z.string()),
    parameters: maybe(z.record(z.string(), z.unknown())),
  }),
});
export const toolsField = maybe(z.array(z.unknown()).max(128).pipe(z.array(tool)));

export const toolsOf = (tools: z.output<typeof toolsField> = []): readonly ToolDefinition[] =>
  tools.map(({ function: { name, description, parameters = { type: 'object', properties: {} } } }, index) => ({
    name,
    description,
    parameters,
    strict: false,
    param: `tools[${index}].function.parameters`,
  }));

/** The kind of image is read from its bytes; the name of one is needed for a data URI only. */
const sourceOf = (base64: string): string => `data:image/png;base64,${base64}`;

/** Images come ahead of the text, as Ollama puts them. */
export function contentOf(text: string, images: readonly string[] = []): ChatMessage['content'] {
  if (images.length === 0) return text;
  const parts = images.map((image) => ({ type: 'image' as const, source: sourceOf(image) }));
  return text === '' ? parts : [...parts, { type: 'text', text }];
}

export function turnsOf(messages: readonly SentMessage[]): readonly ChatMessage[] {
  const open: ToolCall[] = [];
  let calls = 0;
  return messages.map((sent) => {
    const { role, content = '', thinking, images, tool_calls: sentCalls = [], tool_name: name } = sent;
    const turn: ChatMessage = { role, content: contentOf(content, images) };
    if (role === 'tool') return { ...turn, toolCallId: sent.tool_call_id ?? answered(open, name) };
    const toolCalls = sentCalls.map(({ id, function: { name: called, arguments: given } }) => {
      calls += 1;
      return { id: id ?? `call_${calls}`, name: called, arguments: JSON.stringify(given) };
    });
    open.push(...toolCalls);
    return {
      ...turn,
      ...(thinking === undefined || thinking === '' ? {} : { reasoning: thinking }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
    };
  });
}

/** Takes the call that is answered out of those that are open. */
function answered(open: ToolCall[], name: string | undefined): string {
  const byName = open.findIndex((call) => call.name === name);
  const [call] = open.splice(byName === -1 ? 0 : byName, 1);
  return call?.id ?? 'call_unknown';
}
