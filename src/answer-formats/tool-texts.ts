// Tools for a model whose template has no place for them: a system text tells them and the form of calls, and turns of
// the conversation that calls belong to are told in that form too.
import type { ChatInput, ChatMessage, ToolDefinition } from '../core/index.ts';
import { genericFormat } from './formats.ts';

type Content = ChatMessage['content'];

/** A tool in OpenAI's words, which chat templates are written against. */
export const toolBody = ({ name, description, parameters }: ToolDefinition) => ({
  type: 'function',
  function: { name, ...(description === undefined ? {} : { description }), parameters },
});

function systemText(tools: readonly ToolDefinition[], one: boolean): string {
  const { begin, end } = genericFormat.form!;
  return [
    'You may call functions to help with the request. These functions are given, one a line, in <tools></tools>:',
    '<tools>',
    ...tools.map((tool) => JSON.stringify(toolBody(tool).function)),
    '</tools>',
    `To call a function, answer with ${one ? 'exactly one object' : 'one object for each call'} in this form, and with nothing behind it:`,
    `${begin('NAME')}{"ARGUMENT": "VALUE"}${end}`,
    'If no function is needed, answer in plain text.',
  ].join('\n');
}

/** The messages as a model is told them that knows neither tools nor calls. */
export function tellTools(input: ChatInput, options: { readonly takesSystem: boolean }): ChatMessage[] {
  const messages = joinTurns(input.messages.map(tellCalls));
  const { tools = [] } = input;
  if (tools.length === 0) return messages;
  const text = systemText(tools, input.parallelToolCalls === false);
  const first = messages[0];
  if (first?.role === 'system' || (!options.takesSystem && first?.role === 'user')) {
    return [
      { ...first, content: joined(first.role === 'system' ? [first.content, text] : [text, first.content]) },
      ...messages.slice(1),
    ];
  }
  return [{ role: options.takesSystem ? 'system' : 'user', content: text }, ...messages];
}

function tellCalls({ toolCalls, toolCallId: _, reasoning, ...message }: ChatMessage): ChatMessage {
  const kept = reasoning === undefined ? message : { ...message, reasoning };
  if (message.role === 'tool') {
    return { role: 'user', content: joined(['<tool_response>', message.content, '</tool_response>'], '\n') };
  }
  if (toolCalls === undefined || toolCalls.length === 0) return kept;
  const { begin, end } = genericFormat.form!;
  const calls = toolCalls.map((call) => begin(call.name) + call.arguments + end);
  return { ...kept, content: joined([message.content, ...calls], '\n') };
}

/** Several results, or a result and a question, are one turn: many templates want roles to take turns. */
function joinTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    const answersCall = typeof last?.content === 'string' && last.content.endsWith('</tool_response>');
    if (message.role !== 'user' || last?.role !== 'user' || !answersCall) turns.push(message);
    else turns[turns.length - 1] = { ...last, content: joined([last.content, message.content], '\n') };
  }
  return turns;
}

/** Texts as one; beside an image each keeps its place. */
function joined(contents: readonly Content[], separator = '\n\n'): Content {
  const present = contents.filter((content) => content !== '');
  if (present.every((content) => typeof content === 'string')) return present.join(separator);
  return present.flatMap((content, index) => {
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
    return index === 0 ? parts : [{ type: 'text' as const, text: separator }, ...parts];
  });
}
