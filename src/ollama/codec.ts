// GenerationEvents → Ollama's answers, whole and as a line of JSON a piece. A call of a tool is told once it is whole.
import type { GenerationEnd, GenerationEvent, SampledLogprob, ServerError, TokenDelta } from '../core/index.ts';
import {
  type AnswerAbout,
  type AnswerBlocks,
  addToBlocks,
  argumentsOf,
  type BlockStep,
  type Codec,
  closeBlocks,
  emptyBlocks,
  type Framing,
} from '../openai/index.ts';
import { ollamaErrorBody } from './error-body.ts';

interface GrowingAnswer {
  readonly answer: AnswerBlocks;
  end: GenerationEnd | null;
}

/** What a piece, or a whole answer, says. */
interface Said {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly object[];
}

/** `chat` puts what is said into a message, `generate` beside the other fields. */
export type OllamaForm = 'chat' | 'generate';

const line = (value: object): string => `${JSON.stringify(value)}\n`;

const framing: Framing = {
  contentType: 'application/x-ndjson',
  keepAlive: '', // There are no comments between lines.
  done: '',
  error: (error: ServerError) => line(ollamaErrorBody(error)),
};

export function createOllamaCodec(form: OllamaForm, model: string): Codec<GrowingAnswer> {
  const head = () => ({ model, created_at: new Date().toISOString() });
  const words = form === 'chat' ? chatWords : generateWords;
  return {
    idPrefix: '',
    framing,
    stream(about) {
      const answer = emptyBlocks();
      return {
        opening: () => '',
        delta: (_, delta) => {
          const said = saidIn(addToBlocks(answer, delta));
          return isNothing(said, delta)
            ? ''
            : line({ ...head(), ...words(said), ...logprobsOf(delta.logprobs), done: false });
        },
        closing: (_, end) => {
          const said = saidIn(closeBlocks(answer));
          const calls = said.calls.length === 0 ? '' : line({ ...head(), ...words(said), done: false });
          return calls + line({ ...head(), ...words(nothing), ...endOf(about, end) });
        },
        usage: () => '',
      };
    },
    empty: () => ({ answer: emptyBlocks(), end: null }),
    add: (growing: GrowingAnswer, event: GenerationEvent) => {
      if (event.type === 'token-delta') addToBlocks(growing.answer, event);
      else if (event.type === 'end') growing.end = event;
    },
    whole: (about, [growing]) => {
      const { answer, end } = growing!;
      const logprobs = answer.blocks.flatMap((block) => (block.type === 'text' ? block.logprobs : []));
      return { ...head(), ...words(allOf(answer)), ...logprobsOf(logprobs), ...endOf(about, end!) };
    },
  };
}

/** What is said when a model was loaded or unloaded, and nothing more was asked for. */
export const emptyOllamaAnswer = (form: OllamaForm, model: string, reason: 'load' | 'unload') => ({
  model,
  created_at: new Date().toISOString(),
  ...(form === 'chat' ? chatWords(nothing) : generateWords(nothing)),
  done: true,
  done_reason: reason,
});

const nothing: Said = { text: '', thinking: '', calls: [] };

const isNothing = ({ text, thinking, calls }: Said, { logprobs = [] }: TokenDelta): boolean =>
  text === '' && thinking === '' && calls.length === 0 && logprobs.length === 0;

const chatWords = ({ text, thinking, calls }: Said): object => ({
  message: {
    role: 'assistant',
    content: text,
    ...(thinking === '' ? {} : { thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  },
});

const generateWords = ({ text, thinking, calls }: Said): object => ({
  response: text,
  ...(thinking === '' ? {} : { thinking }),
  ...(calls.length === 0 ? {} : { tool_calls: calls }),
});

function saidIn(steps: readonly BlockStep[]): Said {
  let text = '';
  let thinking = '';
  const calls: object[] = [];
  for (const step of steps) {
    if (step.step === 'more' && step.block.type === 'text') text += step.text;
    else if (step.step === 'more' && step.block.type === 'thought') thinking += step.text;
    else if (step.step === 'stop' && step.block.type === 'call') calls.push(callBody(step.block));
  }
  return { text, thinking, calls };
}

function allOf({ blocks }: AnswerBlocks): Said {
  const textsOf = (type: 'text' | 'thought'): string =>
    blocks.map((block) => (block.type === type ? block.text : '')).join('');
  const calls = blocks.flatMap((block) => (block.type === 'call' ? [callBody(block)] : []));
  return { text: textsOf('text'), thinking: textsOf('thought'), calls };
}

type Call = Parameters<typeof argumentsOf>[0];

const callBody = (call: Call): object => ({
  id: call.id,
  function: { index: call.call, name: call.name, arguments: argumentsOf(call) },
});

const encoder = new TextEncoder();
const tokenBody = ({ text, logprob }: { readonly text: string; readonly logprob: number }) => ({
  token: text,
  logprob,
  bytes: [...encoder.encode(text)],
});

const logprobsOf = (entries: readonly SampledLogprob[] = []): object =>
  entries.length === 0
    ? {}
    : { logprobs: entries.map((entry) => ({ ...tokenBody(entry), top_logprobs: entry.top.map(tokenBody) })) };

const nanoseconds = (ms: number): number => Math.max(0, Math.round(ms * 1e6));

/** Whatever was neither prompt nor answer was spent on the queue and the load. */
function endOf(about: AnswerAbout, { finishReason, usage, timings }: GenerationEnd): object {
  const totalMs = about.elapsedMs();
  return {
    done: true,
    done_reason: finishReason === 'length' ? 'length' : 'stop',
    total_duration: nanoseconds(totalMs),
    load_duration: nanoseconds(totalMs - timings.prefillMs - timings.decodeMs),
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: nanoseconds(timings.prefillMs),
    eval_count: usage.completionTokens,
    eval_duration: nanoseconds(timings.decodeMs),
  };
}
