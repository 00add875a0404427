// The form that calls must have, where a request asks for calls or for arguments that fit their schema.
import { type AskedConstraint, type ChatInput, ServerError, type ToolDefinition } from '../core/index.ts';
import type { CallForm } from './tool-format.ts';

/** The tools that the model may call by the request's choice; none of them: it is not told any. @throws ServerError */
export function toolsOf({ tools = [], toolChoice = 'auto' }: ChatInput): readonly ToolDefinition[] {
  if (toolChoice === 'none') return [];
  if (toolChoice === 'required' && tools.length === 0) throw refused('tool_choice "required" needs tools.');
  if (typeof toolChoice === 'string') return tools;
  if (tools.some(({ name }) => name === toolChoice.name)) return tools;
  throw refused(`tool_choice names ${JSON.stringify(toolChoice.name.slice(0, 64))}, which is not among the tools.`);
}

const refused = (text: string): ServerError => new ServerError('invalid_request', text, { param: 'tool_choice' });

/** Whether the answer must be a call. */
export const mustCall = ({ toolChoice = 'auto' }: ChatInput): boolean =>
  toolChoice === 'required' || typeof toolChoice === 'object';

/**
 * Undefined where the model may write what it likes. A call that must be made is one call unless several are asked for: a
 * small model that may go on calling does not stop.
 */
export function callConstraint(
  input: ChatInput,
  { form, after }: { readonly form: CallForm; readonly after: string | null },
): AskedConstraint | undefined {
  const forced = mustCall(input);
  const tools = toolsOf(input);
  if (!forced && !tools.some(({ strict }) => strict)) return undefined;
  const { toolChoice } = input;
  const callable = typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const asksForOne = forced ? input.parallelToolCalls !== true : input.parallelToolCalls === false;
  const one = asksForOne || typeof toolChoice === 'object' || form.separator === null;
  return {
    form: {
      kind: 'tagged',
      tags: callable.map((tool) => ({ begin: form.begin(tool.name), schema: schemaOf(tool, forced), end: form.end })),
      separator: form.separator ?? '',
      many: !one,
      trigger: forced ? null : form.trigger,
    },
    after,
    param: 'tools',
    tagParams: callable.map(({ param }) => param ?? 'tools'),
  };
}

/** A call that is asked for holds to its schema anyway: a form without one would leave the model nothing to go by. */
const schemaOf = ({ strict, parameters }: ToolDefinition, forced: boolean): string =>
  JSON.stringify(strict || forced ? parameters : { type: 'object' });
