// Items of a conversation → turns as chat templates know them. Pure.
import type { ChatMessage, ImagePart, TextPart, ToolCall } from '../../core/index.ts';
import type { Item, ItemPart } from './items.ts';
import { readThoughts } from './thoughts.ts';

interface Turn {
  role: string;
  content: ChatMessage['content'];
  toolCalls?: ToolCall[];
  toolCallId?: string;
  reasoning?: string;
}

/** `instructions` come first. What an assistant thought, said and called between two others' turns is one turn. */
export function itemTurns(instructions: string | undefined, items: readonly Item[]): readonly ChatMessage[] {
  const turns: Turn[] = [];
  if (instructions !== undefined && instructions !== '') turns.push({ role: 'system', content: instructions });
  let mayGrow = false; // The last turn is the assistant's, and nobody else has spoken since.
  const assistant = (): Turn => {
    if (!mayGrow) turns.push({ role: 'assistant', content: '' });
    mayGrow = true;
    return turns.at(-1)!;
  };
  for (const item of items) {
    switch (item.type) {
      case 'message':
        if (item.role === 'assistant') addText(assistant(), contentOf(item.content));
        else addTurn(turns, { role: item.role === 'user' ? 'user' : 'system', content: contentOf(item.content) });
        break;
      case 'function_call': {
        const turn = assistant();
        turn.toolCalls = [...(turn.toolCalls ?? []), { id: item.call_id, name: item.name, arguments: item.arguments }];
        break;
      }
      case 'function_call_output':
        turns.push({ role: 'tool', toolCallId: item.call_id, content: contentOf(item.output) });
        break;
      case 'reasoning': {
        const thoughts = readThoughts(item);
        if (thoughts !== '') assistant().reasoning = thoughts;
        break;
      }
    }
    mayGrow &&= item.type === 'reasoning' || item.type === 'function_call' || isAssistant(item);
  }
  return turns;
}

const isAssistant = (item: Item): boolean => item.type === 'message' && item.role === 'assistant';

/** Many templates take one system turn, first; what belongs together is told together. */
function addTurn(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (turn.role === 'system' && last?.role === 'system') addText(last, turn.content);
  else turns.push(turn);
}

function addText(turn: Turn, content: ChatMessage['content']): void {
  if (typeof turn.content !== 'string' || typeof content !== 'string') {
    turn.content = [...partsOf(turn.content), ...partsOf(content)];
  } else turn.content = turn.content === '' ? content : `${turn.content}\n${content}`;
}

const partsOf = (content: ChatMessage['content']): readonly (TextPart | ImagePart)[] =>
  typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : content;

/** Parts only where there is an image among them. */
function contentOf(content: string | readonly ItemPart[]): ChatMessage['content'] {
  if (typeof content === 'string') return content;
  const parts = content.map(partOf);
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n') : parts;
}

function partOf(part: ItemPart): TextPart | ImagePart {
  if (part.type === 'input_image') return { type: 'image', source: part.image_url };
  return { type: 'text', text: part.type === 'refusal' ? part.refusal : part.text };
}
