// An answer as a list of content blocks, while it grows: thinking, text and calls, in the order in which they came. Both
// the whole message and its stream are told from it.
import { createHash } from 'node:crypto';
import type { TokenDelta, ToolCallDelta } from '../core/index.ts';

export type OpenBlock =
  | { readonly type: 'text'; text: string }
  | { readonly type: 'thinking'; thinking: string }
  | { readonly type: 'tool_use'; readonly call: number; readonly id: string; readonly name: string; json: string };

export type BlockStep =
  | { readonly step: 'start'; readonly index: number; readonly block: OpenBlock }
  | { readonly step: 'more'; readonly index: number; readonly block: OpenBlock; readonly text: string }
  | { readonly step: 'stop'; readonly index: number; readonly block: OpenBlock };

export interface BlockList {
  readonly blocks: OpenBlock[];
}

/** Adds `delta` and tells what changed; `blocks` is the list as it was left by the delta before. */
export function addDelta({ blocks }: BlockList, { reasoning = '', text, toolCalls = [] }: TokenDelta): BlockStep[] {
  const steps: BlockStep[] = [];
  const add = (isSame: (block: OpenBlock) => boolean, begin: () => OpenBlock, more: string): void => {
    const last = blocks.at(-1);
    if (last === undefined || !isSame(last)) {
      if (last !== undefined) steps.push({ step: 'stop', index: blocks.length - 1, block: last });
      blocks.push(begin());
      steps.push({ step: 'start', index: blocks.length - 1, block: blocks.at(-1)! });
    }
    const block = blocks.at(-1)!;
    grow(block, more);
    if (more !== '') steps.push({ step: 'more', index: blocks.length - 1, block, text: more });
  };
  if (reasoning !== '') add(isOf('thinking'), () => ({ type: 'thinking', thinking: '' }), reasoning);
  if (text !== '') add(isOf('text'), () => ({ type: 'text', text: '' }), text);
  for (const call of toolCalls) add(isCall(call), () => callBlock(call), call.arguments);
  return steps;
}

const isOf =
  (type: OpenBlock['type']) =>
  (block: OpenBlock): boolean =>
    block.type === type;

const isCall =
  ({ index }: ToolCallDelta) =>
  (block: OpenBlock): boolean =>
    block.type === 'tool_use' && block.call === index;

const callBlock = ({ index, id = '', name = '' }: ToolCallDelta): OpenBlock => ({
  type: 'tool_use',
  call: index,
  id,
  name,
  json: '',
});

function grow(block: OpenBlock, more: string): void {
  if (block.type === 'text') block.text += more;
  else if (block.type === 'thinking') block.thinking += more;
  else block.json += more;
}

/** What clients must have and send back with a thought. Thoughts are not secret here: it is a digest, and is not checked. */
export const signatureOf = (thinking: string): string => createHash('sha256').update(thinking).digest('base64');

/** A block as it stands in a whole message. */
export function blockBody(block: OpenBlock): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text, citations: null };
    case 'thinking':
      return { type: 'thinking', thinking: block.thinking, signature: signatureOf(block.thinking) };
    case 'tool_use':
      return {
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: inputOf(block.json),
        caller: { type: 'direct' },
      };
  }
}

/** Arguments that were cut off in their middle, or are no object, are shown as they are. */
function inputOf(json: string): unknown {
  if (json === '') return {};
  try {
    const input: unknown = JSON.parse(json);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { INVALID_JSON: json };
}
