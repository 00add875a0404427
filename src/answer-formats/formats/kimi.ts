// Kimi K2: <|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{…}<|tool_call_end|> in a section of calls.
import { readSection } from '../call-section.ts';
import { addArguments, closeCall, openCall } from '../call-writer.ts';
import { checkName, readArguments } from '../json-call.ts';
import type { Reading } from '../text-reader.ts';
import type { CallContext, ToolFormat } from '../tool-format.ts';

const begin = '<|tool_calls_section_begin|>';
const end = '<|tool_calls_section_end|>';
const callBegin = '<|tool_call_begin|>';
const callEnd = '<|tool_call_end|>';
const argumentsBegin = '<|tool_call_argument_begin|>';

function* readCall(context: CallContext): Reading<void> {
  const { reader } = context;
  yield* reader.expect(callBegin);
  // Its template shows the id again where other templates show the name, so the id stays as the model wrote it.
  const id = (yield* reader.textUntil([argumentsBegin])).text.trim();
  openCall(context, checkName(id.replace(/^functions\./, '').replace(/:\d+$/, '')), id);
  yield* reader.space();
  yield* readArguments(context, (text) => addArguments(context, text));
  closeCall(context);
  yield* reader.space();
  yield* reader.expect(callEnd);
}

export const kimi: ToolFormat = {
  name: 'kimi',
  isIn: (template) => template.includes(begin),
  begins: [begin],
  ends: [end],
  read: (context) => readSection(context, end, readCall),
  form: {
    begin: (name) => `${begin}${callBegin}functions.${name}:0${argumentsBegin}`,
    end: `${callEnd}${end}`,
    separator: null,
    trigger: begin,
  },
};
