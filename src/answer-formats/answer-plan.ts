// A chat's tools and thinking × how its model words answers → what the worker is asked for, and who reads what it says.
import { randomBytes } from 'node:crypto';
import { type AskedConstraint, type ChatInput, ServerError, type Thinking } from '../core/index.ts';
import { type AnswerParser, createAnswerParser } from './answer-parser.ts';
import { callConstraint, mustCall, toolsOf } from './call-constraint.ts';
import { harmonyClosing, harmonyThinkingEnd } from './formats/harmony.ts';
import { genericFormat } from './formats.ts';
import { tellTools, toolBody } from './tool-texts.ts';
import type { AnswerWording } from './wording.ts';

export interface AnswerPlan {
  readonly messages: ChatInput['messages'];
  /** Tools in OpenAI's words, for the template. */
  readonly tools: readonly object[] | undefined;
  /** Variables for the template. */
  readonly templateOptions: Readonly<Record<string, unknown>> | undefined;
  readonly constraint: AskedConstraint | undefined;
  /** Behind so many tokens of thinking the model says `closing`. Undefined: it thinks as long as it likes. */
  readonly thinkingBudget: { readonly tokens: number; readonly closing: string } | undefined;
  /** `promptEnd` is how the prompt ends. Undefined where all of an answer is text. */
  readonly createParser: ((promptEnd: string) => AnswerParser) | undefined;
}

/** @throws ServerError for what this model cannot be asked */
export function planAnswer(
  input: ChatInput,
  { wording, constraint }: { readonly wording: AnswerWording; readonly constraint: AskedConstraint | undefined },
): AnswerPlan {
  const tools = toolsOf(input);
  if (tools.length > 0 && constraint !== undefined) throw twoForms();
  const spoken = tools.length === 0 ? { ...input, tools: undefined } : input;
  const thinks = willThink(input.thinking, wording);
  const told = takesCalls(input, wording);
  const messages = told.templateTakesTools ? spoken.messages : tellTools(spoken, wording);
  const parsesCalls = tools.length > 0 || told.calls === null;
  const { thinking } = wording;
  return {
    messages,
    tools: tools.length > 0 && told.templateTakesTools ? tools.map(toolBody) : undefined,
    templateOptions: templateOptions(input.thinking, wording),
    thinkingBudget: thinkingBudget(spoken, told),
    constraint: constraint === undefined ? callsOf(spoken, told, thinks) : behindThinking(constraint, wording, thinks),
    createParser:
      !parsesCalls && thinking === null
        ? undefined
        : (promptEnd) =>
            createAnswerParser({
              tools,
              calls: told.calls,
              thinking,
              beginsInside: thinking !== null && thinking.begin !== '' && promptEnd.trimEnd().endsWith(thinking.begin),
              newId: () => (told.calls?.shortIds === true ? letters(9) : `call_${letters(24)}`),
            }),
  };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789__';

/** Letters and digits at random: 62 of 64 byte values of six bits are one. */
const letters = (count: number): string =>
  Array.from(randomBytes(count), (byte) => alphabet[byte & 63]!.replace('_', 'x')).join('');

/** The wording in which the calls of this answer come. A call that must be JSON comes in the generic form at need. */
function takesCalls(input: ChatInput, wording: AnswerWording): AnswerWording {
  if (wording.form !== null) return wording;
  if (mustCall(input)) return { ...wording, calls: genericFormat, form: genericFormat.form, templateTakesTools: false };
  if (!toolsOf(input).some(({ strict }) => strict)) return wording;
  const text = `This model writes calls in a form that cannot be held to a schema (${wording.name}); leave out "strict", or set tool_choice to "required".`;
  throw new ServerError('model_unsupported', text, { param: 'tools' });
}

function callsOf(
  input: ChatInput,
  { form, thinking, calls }: AnswerWording,
  thinks: boolean,
): AskedConstraint | undefined {
  if (form === null) return undefined;
  const end = calls === null ? harmonyThinkingEnd : (thinking?.end ?? null);
  return callConstraint(input, { form, after: thinks ? end : null });
}

const behindThinking = (constraint: AskedConstraint, { thinking }: AnswerWording, thinks: boolean): AskedConstraint =>
  thinks && thinking !== null && constraint.after === null ? { ...constraint, after: thinking.end } : constraint;

const twoForms = (): ServerError =>
  new ServerError(
    'invalid_request',
    'An answer cannot be both free to call tools and of a fixed format; set tool_choice to "none", or leave out the tools or the format.',
    { param: 'tool_choice' },
  );

/** Whether the model will think in this answer. @throws ServerError where it cannot do as asked */
function willThink(asked: Thinking | undefined, { thinking, takesEffort }: AnswerWording): boolean {
  if (thinking === null) {
    const wanted = asked?.enabled === true || (asked?.enabled === undefined && asked?.effort !== undefined);
    if (wanted && !takesEffort && asked?.isWish !== true)
      throw refusedThinking('This model does not think aloud; leave thinking out.');
    return false;
  }
  if (asksForNone(asked)) return thinking.byDefault && thinking.variable === null;
  return asked?.enabled ?? (asked?.effort !== undefined || thinking.byDefault);
}

const asksForNone = (asked: Thinking | undefined): boolean =>
  asked?.enabled === false || (asked?.enabled === undefined && asked?.budgetTokens === 0);

/** A model whose template cannot keep it from thinking is stopped where it begins to. */
function thinkingBudget(input: ChatInput, { thinking, calls }: AnswerWording): AnswerPlan['thinkingBudget'] {
  if (thinking === null) return undefined;
  const tokens = asksForNone(input.thinking) && thinking.variable === null ? 0 : input.thinking?.budgetTokens;
  if (tokens === undefined) return undefined;
  if (calls !== null) return { tokens, closing: thinking.end };
  if (mustCall(input)) return { tokens, closing: harmonyThinkingEnd };
  return { tokens, closing: harmonyClosing({ mayCall: toolsOf(input).length > 0 }) };
}

const refusedThinking = (text: string): ServerError => new ServerError('model_unsupported', text);

function templateOptions(
  asked: Thinking | undefined,
  { thinking, takesEffort }: AnswerWording,
): Readonly<Record<string, unknown>> | undefined {
  const enabled = asksForNone(asked) ? false : (asked?.enabled ?? (asked?.effort === undefined ? undefined : true));
  const options = {
    ...(enabled === undefined || thinking === null || thinking.variable === null
      ? {}
      : { [thinking.variable]: enabled }),
    ...(asked?.effort === undefined || !takesEffort ? {} : { reasoning_effort: asked.effort }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}
