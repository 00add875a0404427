// The model's own chat template, compiled once. Knows nothing of tokens.
import { Template } from '@huggingface/jinja';
import { ServerError } from '../core/index.ts';
import type { ChatTurn, TurnCall } from './chat-turns.ts';

export interface TemplateValues {
  readonly messages: readonly ChatTurn[];
  /** In OpenAI's words. */
  readonly tools: readonly unknown[] | null;
  /** Further variables. */
  readonly options: Readonly<Record<string, unknown>>;
}

export type ChatTemplate = (values: TemplateValues) => string;

const maxReasonCharacters = 500;

/**
 * Renders as Hugging Face does: with the generation prompt, `bos_token`, `eos_token`, and the helpers
 * `raise_exception` and `strftime_now`, which the library brings.
 *
 * @throws Error when the template does not parse; the returned function throws ServerError invalid_request
 */
export function compileChatTemplate(source: string, specialTokens: { bos: string; eos: string }): ChatTemplate {
  const template = new Template(source);
  const asksForNone = /content['"]?\]?\s+is\s+(not\s+)?none/i.test(source);
  return ({ messages, tools, options }) => {
    const given = {
      ...options,
      add_generation_prompt: true,
      bos_token: specialTokens.bos,
      eos_token: specialTokens.eos,
    };
    const turns = asksForNone ? messages.map(withoutContent) : messages;
    try {
      return renderTurns(turns, (shown) => template.render({ ...given, tools, messages: shown }));
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, maxReasonCharacters);
      throw new ServerError('invalid_request', `The model's chat template does not take these messages: ${reason}`, {
        param: 'messages',
      });
    }
  };
}

/** Most templates want the arguments of a call as an object, some as JSON text: these get it after the others failed. */
function renderTurns(turns: readonly ChatTurn[], render: (turns: readonly ChatTurn[]) => string): string {
  try {
    return render(turns);
  } catch (error) {
    if (!turns.some(({ tool_calls: calls }) => calls !== undefined)) throw error;
    return render(turns.map(withArgumentTexts));
  }
}

/** A turn of calls alone has none as its content, where the template looks for that. */
const withoutContent = (turn: ChatTurn): ChatTurn =>
  turn.tool_calls !== undefined && turn.content === '' ? { ...turn, content: null } : turn;

const withArgumentTexts = (turn: ChatTurn): ChatTurn =>
  turn.tool_calls === undefined ? turn : { ...turn, tool_calls: turn.tool_calls.map(withArgumentText) };

const withArgumentText = (call: TurnCall): TurnCall => {
  const { name, arguments: value } = call.function;
  return { ...call, function: { name, arguments: typeof value === 'string' ? value : JSON.stringify(value) } };
};
