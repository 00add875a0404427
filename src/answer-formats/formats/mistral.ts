// Mistral: [TOOL_CALLS][{"name": …, "arguments": …}], and since 2025 [TOOL_CALLS]NAME[ARGS]{…} for each call.
import { addArguments, closeCall, openCall } from '../call-writer.ts';
import { checkName, readArguments, readJsonCall } from '../json-call.ts';
import type { Reading } from '../text-reader.ts';
import type { CallContext, ToolFormat } from '../tool-format.ts';

const begin = '[TOOL_CALLS]';
const argumentsBegin = '[ARGS]';

function* read(context: CallContext): Reading<void> {
  const { reader } = context;
  yield* reader.space();
  if (yield* reader.accept('[')) {
    do {
      yield* reader.space();
      yield* readJsonCall(context);
      yield* reader.space();
    } while (yield* reader.accept(','));
    yield* reader.expect(']');
    return;
  }
  const head = yield* reader.textUntil([argumentsBegin, '[CALL_ID]']);
  const id = head.marker === argumentsBegin ? undefined : (yield* reader.textUntil([argumentsBegin])).text.trim();
  openCall(context, checkName(head.text.trim()), id);
  yield* reader.space();
  yield* readArguments(context, (text) => addArguments(context, text));
  closeCall(context);
}

/** Its templates refuse ids of another form. */
const common = { begins: [begin], ends: [], read, shortIds: true };

export const mistral: ToolFormat = {
  ...common,
  name: 'mistral',
  isIn: (template) => template.includes(begin),
  form: {
    begin: (name) => `${begin}[{"name": "${name}", "arguments": `,
    end: '}]',
    separator: null,
    trigger: begin,
  },
};

export const mistralArguments: ToolFormat = {
  ...common,
  name: 'mistral-args',
  isIn: (template) => template.includes(begin) && template.includes(argumentsBegin),
  form: { begin: (name) => `${begin}${name}${argumentsBegin}`, end: '', separator: '', trigger: begin },
};
