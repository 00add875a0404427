// How a model words its answers, read from the text of its chat template and from nothing else.

import { harmonyAnswerBegin, harmonyForm, isHarmony } from './formats/harmony.ts';
import { genericFormat, thinkingMarkers, toolFormats } from './formats.ts';
import type { CallForm, ToolFormat } from './tool-format.ts';

export interface ThinkingWording {
  readonly begin: string;
  readonly end: string;
  /** The template's variable that turns thinking on and off; null: it cannot be chosen. */
  readonly variable: string | null;
  /** Whether the model thinks where nobody asks. */
  readonly byDefault: boolean;
}

export interface AnswerWording {
  /** For people: a name of docs/tools.md. */
  readonly name: string;
  /** The template shows tools itself; otherwise they are told in a system text, in the generic form. */
  readonly templateTakesTools: boolean;
  /** Null: harmony, whose whole answers are messages on channels. */
  readonly calls: ToolFormat | null;
  /** How an engine is held to a call. */
  readonly form: CallForm | null;
  readonly thinking: ThinkingWording | null;
  /** The template knows degrees of thinking, in its variable `reasoning_effort`. */
  readonly takesEffort: boolean;
  readonly takesSystem: boolean;
}

/** `template` is the source of a chat template; undefined where a model has none. */
export function readWording(template = ''): AnswerWording {
  const takesTools = /\btools\b/.test(template);
  const takesSystem = !/system role (is )?not supported/i.test(template);
  const takesEffort = /\breasoning_effort\b/.test(template);
  const common = { takesEffort, takesSystem };
  if (isHarmony(template)) {
    const thinking = { begin: '', end: harmonyAnswerBegin, variable: null, byDefault: true };
    return { ...common, name: 'harmony', templateTakesTools: true, calls: null, form: harmonyForm, thinking };
  }
  const known = takesTools ? toolFormats.find((format) => format.isIn(template)) : undefined;
  const calls = known ?? genericFormat;
  return {
    ...common,
    name: known?.name ?? 'generic',
    templateTakesTools: known !== undefined,
    calls,
    form: calls.form,
    thinking: readThinking(template),
  };
}

function readThinking(template: string): ThinkingWording | null {
  const markers = thinkingMarkers.find(({ begin, end }) => template.includes(begin) || template.includes(end));
  if (markers === undefined) return null;
  const variable = ['enable_thinking', 'thinking'].find((name) => isVariable(template, name)) ?? null;
  return { ...markers, variable, byDefault: thinksByDefault(template, variable, markers.begin) };
}

/** A word inside `{% … %}` or `{{ … }}`, outside quotes and no field of something else. */
function isVariable(template: string, name: string): boolean {
  const code = template.match(/\{[%{].*?[%}]\}/gs) ?? [];
  return code.some((part) => new RegExp(`(?<![\\w.])${name}\\b`).test(part.replace(/"[^"]*"|'[^']*'/g, '""')));
}

function thinksByDefault(template: string, variable: string | null, begin: string): boolean {
  if (variable === 'thinking') return false; // DeepSeek V3.1, Granite: asked for, or not done.
  if (variable !== null) {
    const mustAsk =
      /enable_thinking is defined and enable_thinking(?! (is|==) )|enable_thinking\s*\|\s*default\(false\)/i;
    return !mustAsk.test(template);
  }
  const prompt = template.lastIndexOf('add_generation_prompt');
  return prompt >= 0 && template.slice(prompt).includes(begin);
}
