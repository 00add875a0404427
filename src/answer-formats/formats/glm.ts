// GLM 4.5 to 4.7: <tool_call>NAME<arg_key>KEY</arg_key><arg_value>value</arg_value></tool_call>, values as plain text.
import { openCall } from '../call-writer.ts';
import { checkName } from '../json-call.ts';
import type { ToolFormat } from '../tool-format.ts';
import { createArgumentWriter, jsonOfText } from '../typed-arguments.ts';

const begin = '<tool_call>';
const end = '</tool_call>';
const keyBegin = '<arg_key>';

export const glm: ToolFormat = {
  name: 'glm',
  isIn: (template) => template.includes(keyBegin) && template.includes('<arg_value>'),
  begins: [begin],
  ends: [end],
  *read(context) {
    const { reader, tools } = context;
    const head = yield* reader.textUntil([keyBegin, end]);
    const name = checkName(head.text.trim());
    const tool = tools.find((one) => one.name === name);
    openCall(context, name);
    const writer = createArgumentWriter(context);
    for (let more = head.marker === keyBegin; more; ) {
      const key = (yield* reader.textUntil(['</arg_key>'])).text.trim();
      yield* reader.space();
      yield* reader.expect('<arg_value>');
      const { text } = yield* reader.textUntil(['</arg_value>']);
      writer.add(key, jsonOfText(text, key, tool));
      yield* reader.space();
      more = yield* reader.accept(keyBegin);
      if (!more) yield* reader.expect(end);
    }
    writer.close();
  },
  form: null,
};
