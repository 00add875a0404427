// Qwen 3 Coder: <tool_call><function=NAME><parameter=KEY>value</parameter></function></tool_call>, values as plain text.
import { openCall } from '../call-writer.ts';
import { checkName, readJsonCall } from '../json-call.ts';
import { readParameters } from '../parameter-elements.ts';
import type { ToolFormat } from '../tool-format.ts';

const begin = '<tool_call>';
const end = '</tool_call>';
const functionBegin = '<function=';

export const qwen3Coder: ToolFormat = {
  name: 'qwen3-coder',
  isIn: (template) => template.includes(functionBegin) && template.includes('<parameter='),
  begins: [begin, functionBegin],
  ends: [end],
  *read(context, found) {
    const { reader } = context;
    if (found === begin) yield* reader.space();
    if (found === begin && !(yield* reader.accept(functionBegin))) yield* readJsonCall(context);
    else {
      const name = checkName((yield* reader.textUntil(['>'])).text.trim());
      openCall(context, name);
      yield* readParameters(context, name, { begin: '<parameter=', end: '</function>', ownLines: true });
    }
    yield* reader.space();
    yield* reader.acceptEnd(end);
  },
  form: null,
};
