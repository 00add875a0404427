// Hermes, Qwen 2.5, Qwen 3 and many others: JSON in <tool_call>. Also the form that models without one of their own are told.
import { readJsonCall } from '../json-call.ts';
import type { ToolFormat } from '../tool-format.ts';

const begin = '<tool_call>';
const end = '</tool_call>';

export const hermes: ToolFormat = {
  name: 'hermes',
  isIn: (template) => template.includes(begin),
  begins: [begin],
  ends: [end],
  *read(context) {
    const { reader } = context;
    yield* reader.space();
    yield* readJsonCall(context);
    yield* reader.space();
    yield* reader.acceptEnd(end);
  },
  form: {
    begin: (name) => `${begin}\n{"name": "${name}", "arguments": `,
    end: `}\n${end}`,
    separator: '\n',
    trigger: begin,
  },
};
