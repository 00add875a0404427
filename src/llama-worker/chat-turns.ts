// A chat's turns and tools in the words that chat templates are written against: those of OpenAI. Twin of
// python/mlx_workers/tokenization/chat_turns.py.
import { ServerError } from '../core/index.ts';
import type { Generate } from '../ipc/index.ts';

type ChatInput = Extract<Generate['input'], { kind: 'chat' }>;
type ChatMessage = ChatInput['messages'][number];

export interface TurnCall {
  readonly id: string;
  readonly type: 'function';
  /** Arguments are an object; what a model wrote that is none stays the text that it is. */
  readonly function: { readonly name: string; readonly arguments: unknown };
}

export interface ChatTurn {
  readonly role: string;
  readonly content: string | null;
  readonly name?: string;
  readonly reasoning_content?: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly TurnCall[];
}

/** @throws ServerError model_unsupported for images */
export function turnOf({ role, content, name, reasoning, toolCallId, toolCalls }: ChatMessage): ChatTurn {
  return {
    role,
    content: textOf(content),
    ...(name === undefined ? {} : { name }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(toolCalls === undefined ? {} : { tool_calls: toolCalls.map(callOf) }),
  };
}

const callOf = ({ id, name, arguments: text }: NonNullable<ChatMessage['toolCalls']>[number]): TurnCall => ({
  id,
  type: 'function',
  function: { name, arguments: argumentsOf(text) },
});

function argumentsOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : text;
  } catch {
    return text; // No JSON: the template shows what was written.
  }
}

function textOf(content: ChatMessage['content']): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if (part.type === 'text') return part.text;
      throw new ServerError('model_unsupported', 'This model takes no images.', { param: 'messages' });
    })
    .join('\n');
}

/** @throws ServerError invalid_request */
export function toolsOf({ tools }: ChatInput): unknown[] | null {
  if (tools === undefined) return null;
  const value = parsed(tools, 'tools');
  if (Array.isArray(value)) return value;
  throw refused('tools', 'no list');
}

/** Further variables of the template. @throws ServerError invalid_request */
export function optionsOf({ templateOptions }: ChatInput): Readonly<Record<string, unknown>> {
  if (templateOptions === undefined) return {};
  const value = parsed(templateOptions, 'templateOptions');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('templateOptions', 'no map');
  return { ...value };
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(name, 'no JSON', cause);
  }
}

const refused = (name: string, why: string, cause?: unknown): ServerError =>
  new ServerError('invalid_request', `${name} is ${why}.`, { param: name, cause });
