// tools and tool_choice → core's words. Tools that Anthropic runs itself, or whose schema only it knows, are refused by name.
import { z } from 'zod';
import { type ChatInput, ServerError, type ToolChoice, type ToolDefinition } from '../core/index.ts';
import { maybe } from '../openai/index.ts';

const tool = z.object({
  type: maybe(z.string().max(64)),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'must be 1 to 128 of letters, digits, _ and -'),
  description: maybe(z.string()),
  input_schema: maybe(z.record(z.string(), z.unknown())),
  strict: maybe(z.boolean()),
});

const parallel = { disable_parallel_tool_use: maybe(z.boolean()) };

export const toolFields = {
  tools: maybe(z.array(z.unknown()).max(128).pipe(z.array(tool))),
  tool_choice: maybe(
    z.discriminatedUnion('type', [
      z.object({ type: z.enum(['auto', 'any', 'none']), ...parallel }),
      z.object({ type: z.literal('tool'), name: z.string(), ...parallel }),
    ]),
  ),
};

type ToolFields = z.output<z.ZodObject<typeof toolFields>>;

/** @throws ServerError `invalid_request` */
export function toolsOf({ tools = [], tool_choice: choice }: ToolFields): Partial<ChatInput> {
  const defined = tools.map(definitionOf);
  const names = new Set(defined.map(({ name }) => name));
  if (names.size < defined.length) {
    throw new ServerError('invalid_request', '"tools" names one tool twice.', { param: 'tools' });
  }
  if (defined.length === 0) {
    if (choice === undefined || choice.type === 'auto' || choice.type === 'none') return {};
    throw new ServerError('invalid_request', '"tool_choice" needs "tools".', { param: 'tool_choice' });
  }
  if (choice?.type === 'tool' && !names.has(choice.name)) {
    const text = `"tool_choice" names ${JSON.stringify(choice.name.slice(0, 64))}, which is not among "tools".`;
    throw new ServerError('invalid_request', text, { param: 'tool_choice.name' });
  }
  return {
    tools: defined,
    toolChoice: choiceOf(choice),
    ...(choice?.disable_parallel_tool_use === true ? { parallelToolCalls: false } : {}),
  };
}

function choiceOf(choice: ToolFields['tool_choice']): ToolChoice {
  switch (choice?.type) {
    case undefined:
    case 'auto':
      return 'auto';
    case 'any':
      return 'required';
    case 'none':
      return 'none';
    case 'tool':
      return { name: choice.name };
  }
}

function definitionOf(sent: z.output<typeof tool>, index: number): ToolDefinition {
  const { type, name, description, input_schema: parameters, strict = false } = sent;
  if (type !== undefined && type !== 'custom') {
    const text = `The tool type ${JSON.stringify(type)} is Anthropic's own and not to be had here; give a tool with an "input_schema".`;
    throw new ServerError('invalid_request', text, { param: `tools[${index}].type` });
  }
  if (parameters === undefined) {
    throw new ServerError('invalid_request', `The tool ${name} needs an "input_schema".`, {
      param: `tools[${index}].input_schema`,
    });
  }
  return { name, description, parameters, strict, param: `tools[${index}].input_schema` };
}
