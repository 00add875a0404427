// An answer as a list of blocks, while it grows: thoughts, text and calls, in the order in which they came. APIs that
// answer in blocks or items tell both the whole answer and its stream from it.
import type { SampledLogprob, TokenDelta, ToolCallDelta } from '../core/index.ts';

export interface TextBlock {
  readonly type: 'text';
  text: string;
  readonly logprobs: SampledLogprob[];
}

export interface ThoughtBlock {
  readonly type: 'thought';
  text: string;
}

export interface CallBlock {
  readonly type: 'call';
  /** Counts the calls of this answer from 0. */
  readonly call: number;
  readonly id: string;
  readonly name: string;
  /** Its arguments: JSON text, whole once the block is closed, unless the answer was cut off. */
  text: string;
}

export type AnswerBlock = TextBlock | ThoughtBlock | CallBlock;

export interface AnswerBlocks {
  readonly blocks: AnswerBlock[];
  /** Of tokens whose text is still held back. */
  readonly heldLogprobs: SampledLogprob[];
  thoughtTokens: number;
}

export type BlockStep =
  | { readonly step: 'start' | 'stop'; readonly index: number; readonly block: AnswerBlock }
  | {
      readonly step: 'more';
      readonly index: number;
      readonly block: AnswerBlock;
      readonly text: string;
      readonly logprobs: readonly SampledLogprob[];
    };

export const emptyBlocks = (): AnswerBlocks => ({ blocks: [], heldLogprobs: [], thoughtTokens: 0 });

/** Adds `delta` and tells what changed, one block at a time: the last one is open, all before it are closed. */
export function addToBlocks(answer: AnswerBlocks, delta: TokenDelta): BlockStep[] {
  const { reasoning = '', text, toolCalls = [], logprobs = [] } = delta;
  const steps: BlockStep[] = [];
  if (reasoning !== '') {
    if (text === '') answer.thoughtTokens += delta.tokenIds.length;
    const block = openBlock(
      answer,
      steps,
      (last) => last.type === 'thought',
      () => ({ type: 'thought', text: '' }),
    );
    grow(answer, steps, block, reasoning);
  }
  answer.heldLogprobs.push(...logprobs);
  if (text !== '') {
    const begin = (): AnswerBlock => ({ type: 'text', text: '', logprobs: [] });
    grow(
      answer,
      steps,
      openBlock(answer, steps, (last) => last.type === 'text', begin),
      text,
    );
  }
  for (const call of toolCalls) {
    const isSame = (last: AnswerBlock): boolean => last.type === 'call' && last.call === call.index;
    grow(
      answer,
      steps,
      openBlock(answer, steps, isSame, () => callBlock(call)),
      call.arguments,
    );
  }
  return steps;
}

/** Closes the last block, if there is one. */
export function closeBlocks({ blocks }: AnswerBlocks): BlockStep[] {
  const block = blocks.at(-1);
  return block === undefined ? [] : [{ step: 'stop', index: blocks.length - 1, block }];
}

function openBlock(
  answer: AnswerBlocks,
  steps: BlockStep[],
  isSame: (last: AnswerBlock) => boolean,
  begin: () => AnswerBlock,
): AnswerBlock {
  const last = answer.blocks.at(-1);
  if (last !== undefined && isSame(last)) return last;
  steps.push(...closeBlocks(answer));
  const block = begin();
  answer.blocks.push(block);
  steps.push({ step: 'start', index: answer.blocks.length - 1, block });
  return block;
}

function grow(answer: AnswerBlocks, steps: BlockStep[], block: AnswerBlock, text: string): void {
  block.text += text;
  const logprobs = block.type === 'text' ? answer.heldLogprobs.splice(0) : [];
  if (block.type === 'text') block.logprobs.push(...logprobs);
  if (text !== '') steps.push({ step: 'more', index: answer.blocks.length - 1, block, text, logprobs });
}

const callBlock = ({ index, id = '', name = '' }: ToolCallDelta): AnswerBlock => ({
  type: 'call',
  call: index,
  id,
  name,
  text: '',
});

/** The arguments of a closed call. What was cut off in its middle, or is no object, is shown as it is. */
export function argumentsOf({ text }: CallBlock): unknown {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { INVALID_JSON: text };
}
