// Arguments written as elements, <parameter …KEY>value</parameter>, up to the end of their call.
import type { Reading } from './text-reader.ts';
import type { CallContext } from './tool-format.ts';
import { createArgumentWriter, jsonOfText } from './typed-arguments.ts';

const parameterEnd = '</parameter>';

/** `begin` stands in front of a key, `end` behind the last argument. Closes the call. @throws Malformed */
export function* readParameters(
  context: CallContext,
  name: string,
  { begin, end }: { readonly begin: string; readonly end: string },
): Reading<void> {
  const { reader, tools } = context;
  const tool = tools.find((one) => one.name === name);
  const writer = createArgumentWriter(context);
  for (;;) {
    yield* reader.space();
    if (!(yield* reader.accept(begin))) break;
    const key = unquoted((yield* reader.textUntil(['>'])).text);
    const { text } = yield* reader.textUntil([parameterEnd]);
    writer.add(key, jsonOfText(withoutBreaks(text), key, tool));
  }
  yield* reader.expect(end);
  writer.close();
}

export const unquoted = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/s, '$2');

/** Templates put a value on lines of its own. */
const withoutBreaks = (text: string): string => text.replace(/^\n/, '').replace(/\n$/, '');
