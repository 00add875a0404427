// DeepSeek V3, R1 and V3.1: calls between <｜tool▁calls▁begin｜> and <｜tool▁calls▁end｜>. V3 and R1 put the arguments
// in a fenced block behind the word "function"; V3.1 has neither.
import { addArguments, closeCall, openCall } from '../call-writer.ts';
import { checkName, readArguments } from '../json-call.ts';
import type { Reading } from '../text-reader.ts';
import type { CallContext, ToolFormat } from '../tool-format.ts';

const begin = '<｜tool▁calls▁begin｜>';
const end = '<｜tool▁calls▁end｜>';
const callBegin = '<｜tool▁call▁begin｜>';
const callEnd = '<｜tool▁call▁end｜>';
const separator = '<｜tool▁sep｜>';
const fence = '```';

function* readCall(context: CallContext): Reading<void> {
  const { reader } = context;
  const head = (yield* reader.textUntil([separator])).text.trim();
  const bare = (yield* reader.rest()).startsWith('{');
  const name = bare ? head : (yield* reader.textUntil(['\n'])).text.trim();
  openCall(context, checkName(name));
  yield* reader.space();
  const fenced = yield* reader.accept(`${fence}json`);
  yield* reader.space();
  yield* readArguments(context, (text) => addArguments(context, text));
  closeCall(context);
  yield* reader.space();
  if (fenced) yield* reader.expect(fence);
  yield* reader.expect(callEnd);
  yield* reader.space();
}

function* read(context: CallContext, found: string): Reading<void> {
  const { reader } = context;
  if (found === begin) {
    yield* reader.space();
    yield* reader.expect(callBegin);
  }
  do yield* readCall(context);
  while (yield* reader.accept(callBegin));
  yield* reader.acceptEnd(end);
}

const common = { begins: [begin, callBegin], ends: [end], read };

export const deepseekV3: ToolFormat = {
  ...common,
  name: 'deepseek-v3',
  isIn: (template) => template.includes(begin) && template.includes(`${fence}json`),
  form: {
    begin: (name) => `${begin}${callBegin}function${separator}${name}\n${fence}json\n`,
    end: `\n${fence}${callEnd}${end}`,
    separator: null,
    trigger: begin,
  },
};

export const deepseekV31: ToolFormat = {
  ...common,
  name: 'deepseek-v3.1',
  isIn: (template) => template.includes(begin),
  form: {
    begin: (name) => `${begin}${callBegin}${name}${separator}`,
    end: `${callEnd}${end}`,
    separator: null,
    trigger: begin,
  },
};
