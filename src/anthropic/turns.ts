// Anthropic's messages → turns as chat templates know them. Results of tools become turns of their own; neighbours of one
// role become one turn, as Anthropic's servers take them. Pure.
import { type ChatMessage, type ImagePart, ServerError, type TextPart } from '../core/index.ts';
import type { Block, DocumentBlock, ImageBlock, ToolResultBlock } from './blocks.ts';

type Role = 'user' | 'assistant' | 'system';

export interface SentMessage {
  readonly role: Role;
  readonly content: string | readonly Block[];
}

type Part = TextPart | ImagePart;

/** @throws ServerError `invalid_request` where blocks do not belong to their role or to the turn before. */
export function turnsOf(messages: readonly SentMessage[]): readonly ChatMessage[] {
  const called = new Set<string>();
  const turns = joined(messages).flatMap(({ role, blocks, index }) => {
    const param = `messages[${index}].content`;
    if (role === 'user') return userTurns(blocks, called, param);
    if (role === 'assistant') return [assistantTurn(blocks, called, param)];
    return [{ role, content: textOf(blocks.map((block) => partOf(block, param))) }];
  });
  if (messages.at(-1)!.role !== 'assistant') return turns;
  const text = 'The last message must be the user\'s: going on with a begun answer ("prefill") is not supported.';
  throw new ServerError('invalid_request', text, { param: `messages[${messages.length - 1}].role` });
}

interface Turn {
  readonly role: Role;
  readonly blocks: readonly Block[];
  /** Of the first message in it. */
  readonly index: number;
}

function joined(messages: readonly SentMessage[]): readonly Turn[] {
  const turns: { role: Role; blocks: Block[]; index: number }[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const blocks: readonly Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks: [...blocks], index });
  }
  return turns;
}

/** Results first: a template wants them right behind the calls. */
function userTurns(blocks: readonly Block[], called: ReadonlySet<string>, param: string): ChatMessage[] {
  const results = blocks.filter((block) => block.type === 'tool_result');
  const others = blocks.filter((block) => block.type !== 'tool_result').map((block) => partOf(block, param));
  const turns: ChatMessage[] = results.map((result) => {
    if (called.has(result.tool_use_id)) return toolTurn(result);
    const text = `No tool_use of an earlier turn has the id ${JSON.stringify(result.tool_use_id.slice(0, 64))}.`;
    throw new ServerError('invalid_request', text, { param });
  });
  return others.length === 0 ? turns : [...turns, { role: 'user', content: contentOf(others) }];
}

/** Chat templates have no place for the fact that a tool failed: the text says it. */
function toolTurn({ tool_use_id: toolCallId, content = '', is_error: failed }: ToolResultBlock): ChatMessage {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content.map(seenPart);
  const told: readonly Part[] = failed === true ? [{ type: 'text', text: 'The tool failed:' }, ...parts] : parts;
  return { role: 'tool', toolCallId, content: contentOf(told) };
}

function assistantTurn(blocks: readonly Block[], called: Set<string>, param: string): ChatMessage {
  const texts: Part[] = [];
  const thoughts: string[] = [];
  const toolCalls = blocks.flatMap((block) => {
    if (block.type === 'thinking') thoughts.push(block.thinking);
    else if (block.type === 'tool_use') {
      called.add(block.id);
      return [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }];
    } else if (block.type !== 'redacted_thinking') texts.push(partOf(block, param));
    return [];
  });
  return {
    role: 'assistant',
    content: contentOf(texts),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(thoughts.length === 0 ? {} : { reasoning: thoughts.join('\n') }),
  };
}

function partOf(block: Block, param: string): Part {
  if (block.type === 'text' || block.type === 'image' || block.type === 'document') return seenPart(block);
  throw new ServerError('invalid_request', `A block of type "${block.type}" does not belong in this turn.`, { param });
}

function seenPart(block: TextPart | ImageBlock | DocumentBlock): Part {
  if (block.type === 'text') return { type: 'text', text: block.text };
  if (block.type === 'document') {
    const { title, context, source } = block;
    return { type: 'text', text: [title, context, source.data].filter((text) => text !== undefined).join('\n') };
  }
  const { source } = block;
  return {
    type: 'image',
    source: source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`,
  };
}

const textOf = (parts: readonly Part[]): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');

/** Parts only where there is an image among them. */
const contentOf = (parts: readonly Part[]): ChatMessage['content'] =>
  parts.some(({ type }) => type === 'image') ? parts : textOf(parts);
