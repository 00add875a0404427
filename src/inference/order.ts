// A Generation → the order that a worker gets. Pure; copies, so that no array is shared with the frame.
import type { AnswerPlan } from '../answer-formats/index.ts';
import { type ChatMessage, type DecodedImage, type Generation, type Sampling, ServerError } from '../core/index.ts';
import type { SequenceRequest } from './run-sequence.ts';
import type { Leg } from './thinking-budget.ts';

type ChatFrameMessage = Extract<SequenceRequest['input'], { kind: 'chat' }>['messages'][number];
type Content = ChatFrameMessage['content'];

/** The checked pixels of each image source that the messages name. */
export type Images = ReadonlyMap<string, DecodedImage>;

export function orderOf(
  generation: Generation,
  settled: {
    readonly sampling: Sampling;
    readonly images: Images;
    readonly resume: readonly number[];
    /** Of a chat. */
    readonly plan: AnswerPlan | undefined;
    readonly leg: Leg;
  },
): SequenceRequest {
  const { id, input, stop, maxTokens, topLogprobs, constraint, ending, promptLogprobs } = generation;
  const { sampling, images, resume, plan, leg } = settled;
  const asked = plan?.constraint ?? constraint;
  return {
    id,
    input: inputOf(input, images, plan),
    sampling: { ...sampling, logitBias: sampling.logitBias.map(([token, bias]): [number, number] => [token, bias]) },
    stop: [...stop],
    maxTokens: maxTokens ?? null,
    topLogprobs: topLogprobs ?? null,
    constraint: asked === undefined ? null : { form: asked.form, after: asked.after },
    resume: [...resume],
    ...leg,
    ...(ending === undefined ? {} : { ending: { ...ending, stopTokenIds: [...ending.stopTokenIds] } }),
    ...(promptLogprobs === undefined ? {} : { promptLogprobs }),
  };
}

/** `plan`: of a chat. */
export function inputOf(
  input: Generation['input'],
  images: Images,
  plan: AnswerPlan | undefined,
): SequenceRequest['input'] {
  switch (input.kind) {
    case 'chat':
      return {
        kind: 'chat',
        messages: (plan?.messages ?? input.messages).map((message) => messageOf(message, images)),
        ...(plan?.tools === undefined ? {} : { tools: JSON.stringify(plan.tools) }),
        ...(plan?.templateOptions === undefined ? {} : { templateOptions: JSON.stringify(plan.templateOptions) }),
      };
    case 'text':
      return { kind: 'text', text: input.text };
    case 'tokens':
      return { kind: 'tokens', tokenIds: [...input.tokenIds] };
  }
}

/** Absent keys are absent in the frame. */
const messageOf = (
  { role, content, name, toolCalls, toolCallId, reasoning }: ChatMessage,
  images: Images,
): ChatFrameMessage => ({
  role,
  content: typeof content === 'string' ? content : contentOf(content, images),
  ...(name === undefined ? {} : { name }),
  ...(toolCalls === undefined ? {} : { toolCalls: toolCalls.map((call) => ({ ...call })) }),
  ...(toolCallId === undefined ? {} : { toolCallId }),
  ...(reasoning === undefined ? {} : { reasoning }),
});

function contentOf(parts: Exclude<ChatMessage['content'], string>, images: Images): Content {
  return parts.map((part) => {
    if (part.type === 'text') return { type: 'text', text: part.text };
    const image = images.get(part.source);
    if (image === undefined) throw new ServerError('internal', 'An image was not prepared.');
    return { type: 'image', ...image };
  });
}
