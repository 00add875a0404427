// Arguments written as elements, <parameter …KEY>value</parameter>, up to the end of their call.
import type { Reading } from './text-reader.ts';
import type { CallContext } from './tool-format.ts';
import { createArgumentWriter, jsonOfText } from './typed-arguments.ts';

const parameterEnd = '</parameter>';

/**
 * `begin` stands in front of a key, `end` behind the last argument; `ownLines`: a value stands on lines of its own. Closes
 * the call.
 *
 * @throws Malformed
 */
export function* readParameters(
  context: CallContext,
  name: string,
  { begin, end, ownLines }: { readonly begin: string; readonly end: string; readonly ownLines: boolean },
): Reading<void> {
  const { reader, tools } = context;
  const tool = tools.find((one) => one.name === name);
  const writer = createArgumentWriter(context);
  for (;;) {
    yield* reader.space();
    if (!(yield* reader.accept(begin))) break;
    const key = unquoted((yield* reader.textUntil(['>'])).text);
    const { text } = yield* reader.textUntil([parameterEnd]);
    writer.add(key, jsonOfText(ownLines ? withoutBreaks(text) : text, key, tool));
  }
  yield* reader.expect(end);
  writer.close();
}

export const unquoted = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/s, '$2');

const withoutBreaks = (text: string): string => text.replace(/^\n/, '').replace(/\n$/, '');
