// One request's life in the engine as plain state: its tokens, how far they are evaluated, its text, how it ended.
// Decides when the answer is complete; evaluates and sends nothing.
import { ServerError } from '../core/index.ts';
import type { FromWorker, Generate, StepDelta } from '../ipc/index.ts';
import type { Form } from './form.ts';
import { checkTokenIds, type PromptTokenizer, promptParam, promptTokens, tokensWithin } from './prompt.ts';
import type { Slot } from './slots.ts';
import { createTextStream, type TextStream, type TokenPiece } from './text-stream.ts';
import type { SampledToken, TokenSampler } from './token-sampler.ts';

export type PromptScore = Extract<FromWorker, { type: 'prompt-logprobs' }>['entries'][number];

type EndFrame = Extract<FromWorker, { type: 'end' }>;

export interface Ending {
  readonly reason: EndFrame['finishReason'];
  readonly stopSequence: string | null;
}

export interface Sequence {
  readonly request: Generate;
  readonly promptLength: number;
  /** How the prompt of a chat ends. */
  readonly promptEnd: string | undefined;
  /** Tokens of the answer at the most, resumed ones included. */
  readonly maxTokens: number;
  /** Tokens that the answer had from the start: resumed ones, and those of `goOnWith`. */
  readonly given: readonly number[];
  /** What is to be told of `goOnWith`, once. */
  said: StepDelta | null;
  /** Room for prompt and answer; the first `length` are filled. */
  readonly tokens: Uint32Array;
  length: number;
  /** Leading tokens whose cells are in the slot. */
  evaluated: number;
  /** Prompt tokens that were in the slot already. */
  cached: number;
  readonly text: TextStream;
  /** The form that the answer must have, as far as it has come; null as well until it is compiled. */
  form: Form | null;
  /** What is known of the prompt's tokens so far, if that was asked for. */
  readonly promptScores: PromptScore[] | null;
  ending: Ending | null;
  cancelled: boolean;
  /** Asked to leave the batch at the end of the step. */
  pausing: boolean;
  /** Set from admission to the end. */
  place: { readonly slot: Slot; readonly sampler: TokenSampler } | null;
  startedMs: number;
  firstTokenMs: number | null;
}

export interface SequenceOptions {
  readonly tokenizer: PromptTokenizer;
  readonly contextLength: number;
  readonly pieceOf: (token: number) => TokenPiece;
}

/** @throws ServerError for whatever the request asks that this model cannot do */
export function createSequence(request: Generate, options: SequenceOptions): Sequence {
  const { tokenizer, contextLength } = options;
  checkLogitBias(request, tokenizer.vocabularySize);
  checkTokenIds(request.ending?.stopTokenIds ?? [], tokenizer.vocabularySize, 'stop_token_ids');
  const prompt = promptTokens(tokenizer, request.input);
  checkTokenIds(request.resume, tokenizer.vocabularySize);
  const asked = request.maxTokens ?? 1;
  if (prompt.length + asked > contextLength) throw contextExceeded(request, prompt.length, contextLength);

  const maxTokens = request.maxTokens ?? contextLength - prompt.length;
  const goingOn = tokensWithin(tokenizer, request.goOnWith ?? '').slice(
    0,
    Math.max(0, maxTokens - request.resume.length),
  );
  const given = [...request.resume, ...goingOn];
  const tokens = new Uint32Array(prompt.length + Math.max(maxTokens, given.length));
  tokens.set(prompt);
  const sequence: Sequence = {
    request,
    promptLength: prompt.length,
    promptEnd: request.input.kind === 'chat' ? endOf(prompt, options.pieceOf) : undefined,
    maxTokens,
    given,
    said: null,
    tokens,
    length: prompt.length,
    evaluated: 0,
    cached: 0,
    text: createTextStream(request.stop, options.pieceOf),
    form: null,
    promptScores: request.promptLogprobs === undefined ? null : [],
    ending: null,
    cancelled: false,
    pausing: false,
    place: null,
    startedMs: 0,
    firstTokenMs: null,
  };
  for (const token of request.resume) {
    if (sequence.ending === null) append(sequence, token);
  }
  if (goingOn.length > 0 && sequence.ending === null) sequence.said = goOn(sequence, goingOn);
  breakIfDue(sequence);
  return sequence;
}

/** What the server has the model say. */
function goOn(sequence: Sequence, tokens: readonly number[]): StepDelta {
  const { id, topLogprobs } = sequence.request;
  const from = sequence.length;
  sequence.text.dropPartial();
  const texts = tokens.map((token) => (sequence.ending === null ? append(sequence, token) : ''));
  const tokenIds = [...sequence.tokens.subarray(from, sequence.length)];
  const delta = { id, tokenIds, text: texts.join('') };
  return topLogprobs === null ? delta : { ...delta, logprobs: [] };
}

/** Held-back text stays so: the sequence comes back. */
function breakIfDue(sequence: Sequence): void {
  const { breakAfter } = sequence.request;
  if (sequence.ending === null && breakAfter !== undefined && answerLength(sequence) >= breakAfter) {
    sequence.ending = { reason: 'cancelled', stopSequence: null };
  }
}

/** How much of a chat's prompt the server sees: enough for what a template puts in front of an answer. */
const shownTokens = 16;

const endOf = (prompt: Uint32Array, pieceOf: SequenceOptions['pieceOf']): string =>
  Buffer.concat(Array.from(prompt.subarray(-shownTokens), (token) => pieceOf(token).bytes)).toString('utf8');

/** Tokens of the answer so far. */
export const answerLength = (sequence: Sequence): number => sequence.length - sequence.promptLength;

export const knownTokens = ({ tokens, length }: Sequence): Uint32Array => tokens.subarray(0, length);

/** Adds a token of the answer. Returns the text that became certain, all of it when the answer ends here. */
function append(sequence: Sequence, token: number): string {
  sequence.tokens[sequence.length] = token;
  sequence.length += 1;
  const mayStop = answerLength(sequence) >= (sequence.request.ending?.minTokens ?? 0);
  const { text, stop } = sequence.text.push(token, { mayStop });
  if (stop !== null) {
    sequence.ending = { reason: 'stop', stopSequence: stop };
    return text;
  }
  return answerLength(sequence) < sequence.maxTokens ? text : text + finishText(sequence, 'length');
}

/** Ends the answer; held-back text is certain now, unless it is a stop string after all. */
function finishText(sequence: Sequence, reason: 'stop' | 'length'): string {
  const { text, stop } = sequence.text.flush();
  sequence.ending = stop === null ? { reason, stopSequence: null } : { reason: 'stop', stopSequence: stop };
  return text;
}

/** Takes what was sampled. Returns what to tell of it, null when an end token left nothing to tell. */
export function advance(sequence: Sequence, sampled: SampledToken, isEndToken: boolean): StepDelta | null {
  const { id, topLogprobs } = sequence.request;
  if (isEndToken) {
    const text = finishText(sequence, 'stop');
    if (text === '') return null;
    return topLogprobs === null ? { id, tokenIds: [], text } : { id, tokenIds: [], text, logprobs: [] };
  }
  sequence.place?.sampler.accept(sampled.tokenId);
  const text = append(sequence, sampled.tokenId);
  breakIfDue(sequence);
  const delta = { id, tokenIds: [sampled.tokenId], text };
  return sampled.logprobs === null ? delta : { ...delta, logprobs: [sampled.logprobs] };
}

/** Whether the answer ends with this token, which is then no part of it. */
export function endsWith({ request: { ending } }: Sequence, token: number, isEndToken: boolean): boolean {
  return (isEndToken && ending?.ignoreEnd !== true) || ending?.stopTokenIds.includes(token) === true;
}

export function progressFrame(sequence: Sequence): FromWorker {
  const { promptLength: total, cached, request, promptEnd } = sequence;
  const processed = Math.min(sequence.evaluated, total);
  const frame = { type: 'prefill-progress', id: request.id, processed, total, cached } as const;
  return promptEnd === undefined ? frame : { ...frame, promptEnd };
}

export function endFrame(sequence: Sequence, ending: Ending, nowMs: number): EndFrame {
  const started = sequence.startedMs === 0 ? nowMs : sequence.startedMs;
  const firstToken = sequence.firstTokenMs ?? nowMs;
  return {
    type: 'end',
    id: sequence.request.id,
    finishReason: ending.reason,
    stopSequence: ending.stopSequence,
    usage: {
      promptTokens: sequence.promptLength,
      cachedTokens: sequence.cached,
      completionTokens: answerLength(sequence),
    },
    timings: { prefillMs: firstToken - started, decodeMs: nowMs - firstToken },
  };
}

function checkLogitBias({ sampling }: Generate, vocabularySize: number): void {
  const beyond = sampling.logitBias.find(([tokenId]) => tokenId >= vocabularySize);
  if (beyond === undefined) return;
  throw new ServerError(
    'invalid_request',
    `logit_bias names token ${beyond[0]}, beyond the vocabulary of ${vocabularySize} tokens.`,
    { param: 'logit_bias' },
  );
}

function contextExceeded(request: Generate, promptLength: number, contextLength: number): ServerError {
  const answer = request.maxTokens === null ? 'an answer' : `an answer of up to ${request.maxTokens}`;
  return new ServerError(
    'context_length_exceeded',
    `This model's context holds ${contextLength} tokens; the prompt has ${promptLength} and leaves no room for ${answer}.`,
    { param: promptParam(request.input) },
  );
}
