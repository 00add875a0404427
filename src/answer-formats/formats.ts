// Every form of calls that is known. A template is asked in this order: the more particular marker first.
import { deepseekV3, deepseekV31 } from './formats/deepseek.ts';
import { functionGemma, gemma4 } from './formats/gemma.ts';
import { glm } from './formats/glm.ts';
import { hermes } from './formats/hermes.ts';
import { kimi } from './formats/kimi.ts';
import { llama3 } from './formats/llama3.ts';
import { minimax } from './formats/minimax.ts';
import { mistral, mistralArguments } from './formats/mistral.ts';
import { pythonic } from './formats/pythonic.ts';
import { qwen3Coder } from './formats/qwen3-coder.ts';
import type { ToolFormat } from './tool-format.ts';

export const toolFormats: readonly ToolFormat[] = [
  kimi,
  deepseekV3,
  deepseekV31,
  minimax,
  gemma4,
  functionGemma,
  qwen3Coder,
  glm,
  mistralArguments,
  mistral,
  hermes,
  pythonic,
  llama3,
];

/** What a model is told that has no form of its own. */
export const genericFormat: ToolFormat = hermes;

/** Texts around a model's thinking. The first pair that its template knows is the model's. */
export const thinkingMarkers: readonly { readonly begin: string; readonly end: string }[] = [
  { begin: '<think>', end: '</think>' },
  { begin: '[THINK]', end: '[/THINK]' },
  { begin: '<|channel>thought', end: '<channel|>' },
  { begin: '◁think▷', end: '◁/think▷' },
  { begin: '<seed:think>', end: '</seed:think>' },
  { begin: '<longcat_think>', end: '</longcat_think>' },
  { begin: '<|START_THINKING|>', end: '<|END_THINKING|>' },
];
