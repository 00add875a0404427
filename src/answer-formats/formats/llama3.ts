// Llama 3.1 to 3.3: a JSON object with "parameters", by itself or behind <|python_tag|>; several with a semicolon between.
import { addArguments, closeCall, openCall } from '../call-writer.ts';
import { checkName, readArguments, readJsonCall } from '../json-call.ts';
import type { ToolFormat } from '../tool-format.ts';

const pythonTag = '<|python_tag|>';
const functionBegin = '<function=';

export const llama3: ToolFormat = {
  name: 'llama3',
  isIn: (template) => template.includes(pythonTag) || template.includes('"parameters": dictionary of argument name'),
  begins: [pythonTag, functionBegin],
  bare: '{',
  ends: ['</function>', '<|eom_id|>'],
  *read(context, begin) {
    const { reader } = context;
    if (begin === functionBegin) {
      openCall(context, checkName((yield* reader.textUntil(['>'])).text));
      yield* reader.space();
      yield* readArguments(context, (text) => addArguments(context, text));
      closeCall(context);
      yield* reader.space();
      yield* reader.acceptEnd('</function>');
      return;
    }
    do {
      yield* reader.space();
      yield* readJsonCall(context, { onlyKnown: begin !== pythonTag });
      yield* reader.space();
    } while (yield* reader.accept(';'));
  },
  form: { begin: (name) => `{"name": "${name}", "parameters": `, end: '}', separator: null, trigger: '{"name": "' },
};
