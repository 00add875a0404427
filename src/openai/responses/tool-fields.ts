// tools and tool_choice of POST /v1/responses → core's words. Tools that OpenAI hosts are refused by name.
import { z } from 'zod';
import { type ChatInput, ServerError, type ToolDefinition } from '../../core/index.ts';
import { maybe } from '../request-fields.ts';

const tool = z.object({
  type: z.string().max(64),
  name: maybe(z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'must be 1 to 128 of letters, digits, _ and -')),
  description: maybe(z.string()),
  parameters: maybe(z.record(z.string(), z.unknown())),
  strict: maybe(z.boolean()),
});

const named = z.object({ type: z.literal('function'), name: z.string() });

export const toolFields = {
  tools: maybe(z.array(z.unknown()).max(128).pipe(z.array(tool))),
  tool_choice: maybe(
    z.union(
      [
        z.enum(['auto', 'none', 'required']),
        named,
        z.object({
          type: z.literal('allowed_tools'),
          mode: z.enum(['auto', 'required']),
          tools: z.array(z.unknown()).max(128).pipe(z.array(named)),
        }),
      ],
      'must be "auto", "none", "required", a function by its name, or allowed_tools',
    ),
  ),
  parallel_tool_calls: maybe(z.boolean()),
};

type ToolFields = z.output<z.ZodObject<typeof toolFields>>;

/** @throws ServerError `invalid_request` */
export function toolsOf({
  tools = [],
  tool_choice: choice,
  parallel_tool_calls: parallel,
}: ToolFields): Partial<ChatInput> {
  const defined = tools.map(definitionOf);
  const isKnown = (name: string): boolean => defined.some((one) => one.name === name);
  const require = (name: string): string => {
    if (isKnown(name)) return name;
    const text = `"tool_choice" names ${JSON.stringify(name.slice(0, 64))}, which is not among "tools".`;
    throw new ServerError('invalid_request', text, { param: 'tool_choice' });
  };
  if (defined.length === 0) {
    if (choice === undefined || choice === 'auto' || choice === 'none') return {};
    throw new ServerError('invalid_request', '"tool_choice" needs "tools".', { param: 'tool_choice' });
  }
  const common = parallel === false ? { parallelToolCalls: false } : {};
  if (typeof choice !== 'object') return { tools: defined, toolChoice: choice ?? 'auto', ...common };
  if (choice.type === 'function') return { tools: defined, toolChoice: { name: require(choice.name) }, ...common };
  const allowed = new Set(choice.tools.map(({ name }) => require(name)));
  return { tools: defined.filter(({ name }) => allowed.has(name)), toolChoice: choice.mode, ...common };
}

function definitionOf(sent: z.output<typeof tool>, index: number): ToolDefinition {
  const { type, name, description, parameters = { type: 'object', properties: {} }, strict = false } = sent;
  if (type !== 'function') {
    const text = `Tools of type ${JSON.stringify(type)} are OpenAI's own and not to be had here; give a function.`;
    throw new ServerError('invalid_request', text, { param: `tools[${index}].type` });
  }
  if (name === undefined) {
    throw new ServerError('invalid_request', 'A function needs a "name".', { param: `tools[${index}].name` });
  }
  return { name, description, parameters, strict, param: `tools[${index}].parameters` };
}
