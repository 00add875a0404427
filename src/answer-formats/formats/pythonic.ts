// Llama 4 and LFM2: a Python list of calls, [name(key="value")], by itself or between markers.
import { openCall } from '../call-writer.ts';
import { checkKnown, checkName } from '../json-call.ts';
import { readIdentifier, readPythonValue } from '../python-value.ts';
import type { Reading } from '../text-reader.ts';
import type { CallContext, ToolFormat } from '../tool-format.ts';
import { createArgumentWriter } from '../typed-arguments.ts';

const begins = ['<|tool_call_start|>', '<|python_start|>'];
const ends = ['<|tool_call_end|>', '<|python_end|>'];

function* readCall(context: CallContext, isMarked: boolean): Reading<void> {
  const { reader } = context;
  const name = checkName(yield* readIdentifier(reader));
  yield* reader.expect('(');
  openCall(context, isMarked ? name : checkKnown(name, context));
  const writer = createArgumentWriter(context);
  for (;;) {
    yield* reader.space();
    if (yield* reader.accept(')')) break;
    const key = yield* readIdentifier(reader);
    yield* reader.space();
    yield* reader.expect('=');
    yield* reader.space();
    writer.add(key, yield* readPythonValue(reader));
    yield* reader.space();
    yield* reader.accept(',');
  }
  writer.close();
}

export const pythonic: ToolFormat = {
  name: 'pythonic',
  isIn: (template) => begins.some((begin) => template.includes(begin)) || template.includes('[func_name1('),
  begins,
  bare: '[',
  ends,
  *read(context, begin) {
    const { reader } = context;
    yield* reader.space();
    yield* reader.expect('[');
    do {
      yield* reader.space();
      yield* readCall(context, begins.includes(begin));
      yield* reader.space();
    } while (yield* reader.accept(','));
    yield* reader.expect(']');
    yield* reader.space();
    for (const end of ends) yield* reader.acceptEnd(end);
  },
  form: null,
};
