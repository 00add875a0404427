// The fields of a chat that are about tools and thinking, their ranges, and what becomes of them in a Generation.
import { z } from 'zod';
import { type ChatInput, ServerError, type Thinking, type ToolCall, type ToolDefinition } from '../core/index.ts';
import { maybe } from './request-fields.ts';

const maxTools = 128;
/** -1 is none. */
const budget = z
  .int()
  .min(-1)
  .max(2 ** 31 - 1);
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
/** Of the body. */
export const toolFields = {
  tools: maybe(z.array(z.unknown()).max(maxTools).pipe(z.array(tool))),
  tool_choice: maybe(toolChoice),
  parallel_tool_calls: maybe(z.boolean()),
  reasoning_effort: maybe(z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])),
  thinking_budget: maybe(budget),
  /** The same as vLLM and llama.cpp call it. */
  thinking_token_budget: maybe(budget),
  thinking_budget_tokens: maybe(budget),
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
  const definitions = (body.tools ?? []).map((entry, index) =>
    toDefinition(entry.function, `tools[${index}].function.parameters`),
  );
  const names = new Set<string>();
  for (const { name } of definitions) {
    if (names.has(name)) throw invalid(`"tools": ${name} is defined twice.`, 'tools');
    names.add(name);
  }
  const choice = body.tool_choice;
  const toolChoice = typeof choice === 'object' ? { name: choice.function.name } : choice;
  if (toolChoice === 'required' && names.size === 0) {
    throw invalid('"tool_choice": "required" needs "tools".', 'tool_choice');
  }
  if (typeof toolChoice === 'object' && !names.has(toolChoice.name)) {
    throw invalid(`"tool_choice" names ${toolChoice.name}, which is not among the tools.`, 'tool_choice');
  }
  return {
    tools: definitions.length === 0 ? undefined : definitions,
    toolChoice,
    parallelToolCalls: body.parallel_tool_calls,
    thinking: toThinking(body),
  };
}

/** Whether a call must be made, or any call fits the schema of its tool. */
export const holdsCallsToForm = ({ tools = [], tool_choice: choice = 'auto' }: Fields): boolean =>
  choice === 'required' ||
  typeof choice === 'object' ||
  (choice === 'auto' && tools.some((tool) => tool.function.strict));

const toDefinition = ({ name, description, parameters, strict }: FunctionBody, param: string): ToolDefinition => ({
  name,
  description,
  parameters: parameters ?? { type: 'object', properties: {} },
  strict: strict === true,
  param,
});

/** "none" turns thinking off; the template hears every other word, or thinking is on. */
function toThinking({
  reasoning_effort: effort,
  chat_template_kwargs: options,
  ...body
}: Fields): Thinking | undefined {
  const asked = options?.enable_thinking ?? options?.thinking;
  const enabled = asked ?? (effort === 'none' ? false : undefined);
  const degree = effort === 'none' ? undefined : effort;
  const asks = body.thinking_budget ?? body.thinking_token_budget ?? body.thinking_budget_tokens;
  const budgetTokens = asks === -1 ? undefined : asks;
  if (enabled === undefined && degree === undefined && budgetTokens === undefined) return undefined;
  if (enabled === false && degree !== undefined) {
    throw invalid('"reasoning_effort" asks for thinking and "chat_template_kwargs" for none.', 'reasoning_effort');
  }
  return { enabled, effort: degree, budgetTokens };
}

/** What a message says of calls and thinking. `index` is its place. @throws ServerError `invalid_request` */
export function toMessageTools(message: MessageFields & { readonly role: string }, index: number) {
  const { role, tool_call_id: toolCallId } = message;
  const at = `messages[${index}]`;
  if (message.tool_calls !== undefined && message.tool_calls.length > 0 && role !== 'assistant') {
    throw invalid(`"${at}.tool_calls": only an assistant's message has calls.`, `${at}.tool_calls`);
  }
  if (role === 'tool' && toolCallId === undefined) {
    throw invalid(
      `"${at}.tool_call_id" is needed: the id of the call that this message answers.`,
      `${at}.tool_call_id`,
    );
  }
  const calls = (message.tool_calls ?? []).map((call): ToolCall => ({ id: call.id, ...call.function }));
  return {
    toolCalls: calls.length === 0 ? undefined : calls,
    toolCallId,
    reasoning: role === 'assistant' ? (message.reasoning_content ?? message.reasoning) : undefined,
  };
}

/** Results follow the calls that they answer. Whether the ids match is left to the client. @throws ServerError */
export function checkTurns(messages: readonly { readonly role: string; readonly tool_calls?: unknown }[]): void {
  let called = false;
  for (const [index, { role, tool_calls: calls }] of messages.entries()) {
    if (role === 'tool' && !called) {
      const text = `"messages[${index}]": a message of role "tool" follows an assistant's message with "tool_calls".`;
      throw invalid(text, `messages[${index}].role`);
    }
    if (role !== 'tool') called = Array.isArray(calls) && calls.length > 0;
  }
}

const oldFields: Readonly<Record<string, string>> = { functions: 'tools', function_call: 'tool_choice' };

/** What tools were called before they were tools. @throws ServerError `invalid_request` */
export function refuseOldFields(body: unknown): void {
  for (const [field, today] of Object.entries(oldFields)) {
    const value = (body as Readonly<Record<string, unknown>> | null)?.[field];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    throw invalid(`"${field}" is not supported; send the same as "${today}".`, field);
  }
}
