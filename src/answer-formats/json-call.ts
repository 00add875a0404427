// A call written as a JSON object with a name and arguments. The arguments stream once the name is known.
import { addArguments, closeCall, openCall } from './call-writer.ts';
import { parseJson, readJson, streamJson } from './json-reader.ts';
import { Malformed, type Reading } from './text-reader.ts';
import type { CallContext } from './tool-format.ts';

const argumentKeys: readonly unknown[] = ['arguments', 'parameters'];
const idleKeys: readonly unknown[] = ['id', 'type'];
const namePattern = /^[\w.-]{1,128}$/;

/** @throws Malformed for what can be the name of no tool */
export function checkName(name: unknown): string {
  if (typeof name !== 'string' || !namePattern.test(name)) throw new Malformed();
  return name;
}

/** @throws Malformed for a name that is none of the given tools */
export function checkKnown(name: string, { tools }: CallContext): string {
  if (!tools.some((tool) => tool.name === name)) throw new Malformed();
  return name;
}

/** Reads `{"name": …, "arguments": …}` and closes the call. `onlyKnown`: a name that is no tool's makes it no call. */
export function* readJsonCall(context: CallContext, options: { readonly onlyKnown?: boolean } = {}): Reading<void> {
  const { reader } = context;
  yield* reader.expect('{');
  let named = false;
  let early: string | undefined;
  for (let first = true; ; first = false) {
    yield* reader.space();
    if (yield* reader.accept('}')) break;
    if (!first) {
      yield* reader.expect(',');
      yield* reader.space();
    }
    const key = yield* readJson(reader);
    yield* reader.space();
    yield* reader.expect(':');
    yield* reader.space();
    if (key === 'name' && !named) {
      const name = checkName(yield* readJson(reader));
      openCall(context, options.onlyKnown === true ? checkKnown(name, context) : name);
      named = true;
      if (early !== undefined) addArguments(context, early);
    } else if (argumentKeys.includes(key) && named)
      yield* readArguments(context, (text) => addArguments(context, text));
    else if (argumentKeys.includes(key) && early === undefined) {
      let text = '';
      yield* readArguments(context, (piece) => {
        text += piece;
      });
      early = text;
    } else if (idleKeys.includes(key)) yield* readJson(reader);
    else throw new Malformed();
  }
  if (!named) throw new Malformed();
  closeCall(context);
}

/** An object; null for none; or, as some models write it, the object's JSON text as a string. @throws Malformed */
export function* readArguments({ reader }: CallContext, onText: (text: string) => void): Reading<void> {
  const next = (yield* reader.rest())[0];
  if (next === '{') return yield* streamJson(reader, onText);
  const value = yield* readJson(reader);
  if (value === null) return;
  const inner = typeof value === 'string' ? parseJson(value) : undefined;
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) throw new Malformed();
  onText(String(value));
}
