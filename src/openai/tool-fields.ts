// The fields of a chat that are about tools and thinking, their ranges, and what becomes of them in a Generation.
import { z } from 'zod';
import { type ChatInput, ServerError, type Thinking, type ToolCall, type ToolDefinition } from '../core/index.ts';
import { listOf } from './list-of.ts';
import { maybe } from './request-fields.ts';

const maxTools = 128;
const maxSchemaCharacters = 65_536;
const nameRule = '1 to 64 letters, digits, "_" and "-" are needed';
const toolName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, nameRule);
/** What an assistant's turn says was called: models invent names too. */
const calledName = z.string().min(1).max(128);
const callId = z.string().max(256);
const argumentText = z.string().max(1024 * 1024);

const jsonSchema = z
  .record(z.string(), z.unknown())
  .refine((schema) => JSON.stringify(schema).length <= maxSchemaCharacters, `at most ${maxSchemaCharacters} characters`)
  .refine(({ type }) => type === undefined || type === 'object', 'the "type" of arguments is "object"');

const functionBody = z.object({
  name: toolName,
  description: maybe(z.string().max(16_384)),
  parameters: maybe(jsonSchema),
  strict: maybe(z.boolean()),
});
type FunctionBody = z.output<typeof functionBody>;

const tool = z.object({
  type: z.literal('function', 'only tools of type "function" are supported'),
  function: functionBody,
});

const namedTool = z.object({ type: z.literal('function'), function: z.object({ name: toolName }) });
const toolChoice = z.union(
  [z.enum(['auto', 'none', 'required']), namedTool],
  '"auto", "none", "required" or {"type": "function", "function": {"name": …}} is needed',
);
const functionChoice = z.union(
  [z.enum(['auto', 'none']), z.object({ name: toolName })],
  '"auto", "none" or {"name": …} is needed',
);

/** An empty list is no list: clients send one where they have no tools. */
const listOrNone = <T>(entry: z.ZodType<T>) =>
  maybe(z.union([z.tuple([]).transform((): T[] => []), listOf(entry, maxTools)]));

/** Of the body. */
export const toolFields = {
  tools: maybe(z.array(z.unknown()).max(maxTools).pipe(z.array(tool))),
  tool_choice: maybe(toolChoice),
  parallel_tool_calls: maybe(z.boolean()),
  functions: maybe(z.array(z.unknown()).max(maxTools).pipe(z.array(functionBody))),
  function_call: maybe(functionChoice),
  reasoning_effort: maybe(z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])),
  chat_template_kwargs: maybe(
    z.strictObject(
      { enable_thinking: maybe(z.boolean()), thinking: maybe(z.boolean()) },
      { error: ({ code }) => (code === 'unrecognized_keys' ? 'only "enable_thinking" is supported here' : undefined) },
    ),
  ),
};

const toolCall = z.object({
  id: callId,
  type: maybe(z.literal('function', 'only calls of type "function" are supported')),
  function: z.object({ name: calledName, arguments: argumentText }),
});

/** Of an assistant's or a tool's message. */
export const toolMessageFields = {
  tool_calls: maybe(z.array(z.unknown()).max(maxTools).pipe(z.array(toolCall))),
  tool_call_id: maybe(callId),
  function_call: maybe(z.object({ name: calledName, arguments: argumentText })),
  reasoning_content: maybe(z.string()),
  /** Another name for the same. */
  reasoning: maybe(z.string()),
};

type Fields = z.output<z.ZodObject<typeof toolFields>>;
type MessageFields = z.output<z.ZodObject<typeof toolMessageFields>>;
type ToolInput = Pick<ChatInput, 'tools' | 'toolChoice' | 'parallelToolCalls' | 'thinking'>;

const invalid = (text: string, param: string): ServerError => new ServerError('invalid_request', text, { param });

/** @throws ServerError `invalid_request` for fields that contradict each other */
export function toToolInput(body: Fields): ToolInput {
  const definitions = [...(body.tools ?? []).map((entry) => entry.function), ...(body.functions ?? [])].map(toDefinition);
  const param = body.tools === undefined ? 'functions' : 'tools';
  if (body.tools !== undefined && body.functions !== undefined) {
    throw invalid('"functions" is the old name of "tools"; give one of the two.', 'functions');
  }
  const twice = definitions.find(({ name }, index) => definitions.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw invalid(`"${param}": ${twice.name} is defined twice.`, param);
  const choice = toChoice(body);
  checkChoice(choice, definitions, body.tool_choice === undefined ? 'function_call' : 'tool_choice');
  return {
    tools: definitions.length === 0 ? undefined : definitions,
    toolChoice: choice,
    // A client of the old field reads one call.
    parallelToolCalls: body.functions === undefined ? body.parallel_tool_calls : false,
    thinking: toThinking(body),
  };
}

function checkChoice(
  choice: ChatInput['toolChoice'],
  tools: readonly ToolDefinition[],
  param: string,
): void {
  if (choice === 'required' && tools.length === 0) throw invalid(`"${param}": "required" needs "tools".`, param);
  if (typeof choice !== 'object' || tools.some(({ name }) => name === choice.name)) return;
  throw invalid(`"${param}" names ${choice.name}, which is not among the tools.`, param);
}

const toDefinition = ({ name, description, parameters, strict }: FunctionBody): ToolDefinition => ({
  name,
  description,
  parameters: parameters ?? { type: 'object', properties: {} },
  strict: strict === true,
});

function toChoice({ tool_choice: choice, function_call: named }: Fields): ChatInput['toolChoice'] {
  if (choice !== undefined) return typeof choice === 'string' ? choice : { name: choice.function.name };
  return named;
}

/** "none" turns thinking off; the template hears every other word, or thinking is on. */
function toThinking({ reasoning_effort: effort, chat_template_kwargs: options }: Fields): Thinking | undefined {
  const asked = options?.enable_thinking ?? options?.thinking;
  const enabled = asked ?? (effort === 'none' ? false : undefined);
  const degree = effort === 'none' ? undefined : effort;
  if (enabled === undefined && degree === undefined) return undefined;
  if (enabled === false && degree !== undefined) {
    throw invalid('"reasoning_effort" asks for thinking and "chat_template_kwargs" for none.', 'reasoning_effort');
  }
  return { enabled, effort: degree };
}

/** What a message says of calls and thinking. `index` is its place. @throws ServerError `invalid_request` */
export function toMessageTools(message: MessageFields & { readonly role: string }, index: number) {
  const { role, tool_call_id: toolCallId } = message;
  const at = `messages[${index}]`;
  if (message.tool_calls !== undefined && message.tool_calls.length > 0 && role !== 'assistant') {
    throw invalid(`"${at}.tool_calls": only an assistant's message has calls.`, `${at}.tool_calls`);
  }
  if (role === 'tool' && toolCallId === undefined) {
    throw invalid(`"${at}.tool_call_id" is needed: the id of the call that this message answers.`, `${at}.tool_call_id`);
  }
  const calls = toCalls(message, index);
  return {
    toolCalls: calls.length === 0 ? undefined : calls,
    toolCallId,
    reasoning: role === 'assistant' ? (message.reasoning_content ?? message.reasoning) : undefined,
  };
}

function toCalls({ tool_calls: calls, function_call: old }: MessageFields, index: number): ToolCall[] {
  const named = (calls ?? []).map((call) => ({ id: call.id, ...call.function }));
  return old === undefined ? named : [...named, { id: oldCallId(index), ...old }];
}

/** Calls of the old form have no ids; their place in the conversation is one. */
const oldCallId = (index: number): string => `call_${index}`;
