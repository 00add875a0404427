// FunctionGemma and Gemma 4: call:NAME{key:value} with bare keys and their own marks around strings.
import { openCall } from '../call-writer.ts';
import { checkName } from '../json-call.ts';
import { Malformed, type Reading } from '../text-reader.ts';
import type { CallContext, ToolFormat } from '../tool-format.ts';
import { createArgumentWriter } from '../typed-arguments.ts';

interface Dialect {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  /** Stands before and behind a string. */
  readonly quote: string;
}

function gemmaFormat({ name, begin, end, quote }: Dialect): ToolFormat {
  /** JSON text of one value. */
  function* value(context: CallContext): Reading<string> {
    const { reader } = context;
    if (yield* reader.accept(quote)) return JSON.stringify((yield* reader.textUntil([quote])).text);
    if (yield* reader.accept('{')) {
      const entries: string[] = [];
      yield* entriesOf(context, (key, json) => entries.push(`${JSON.stringify(key)}: ${json}`));
      return `{${entries.join(', ')}}`;
    }
    if (yield* reader.accept('[')) return `[${(yield* items(context)).join(', ')}]`;
    let text = '';
    for (;;) {
      const piece = /^[^,\]}]*/.exec(yield* reader.rest())?.[0] ?? '';
      if (piece === '') break;
      text += reader.take(piece.length);
    }
    if (text === '') throw new Malformed();
    return jsonOfBare(text.trim());
  }

  function* items(context: CallContext): Reading<string[]> {
    const { reader } = context;
    const list: string[] = [];
    for (;;) {
      yield* reader.space();
      if (yield* reader.accept(']')) return list;
      list.push(yield* value(context));
      yield* reader.accept(',');
    }
  }

  function* entriesOf(context: CallContext, add: (key: string, json: string) => void): Reading<void> {
    const { reader } = context;
    for (;;) {
      yield* reader.space();
      if (yield* reader.accept('}')) return;
      const quoted = yield* reader.accept(quote);
      const key = (yield* reader.textUntil([quoted ? quote : ':'])).text.trim();
      if (quoted) yield* reader.expect(':');
      yield* reader.space();
      add(key, yield* value(context));
      yield* reader.accept(',');
    }
  }

  return {
    name,
    isIn: (template) => template.includes(begin),
    begins: [begin],
    ends: [end],
    *read(context) {
      const { reader } = context;
      yield* reader.space();
      yield* reader.expect('call:');
      openCall(context, checkName((yield* reader.textUntil(['{'])).text.trim()));
      const writer = createArgumentWriter(context);
      yield* entriesOf(context, (key, json) => writer.add(key, json));
      writer.close();
      yield* reader.space();
      yield* reader.acceptEnd(end);
    },
    form: null,
  };
}

function jsonOfBare(text: string): string {
  if (text === 'None') return 'null'; // As its template shows one.
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text); // A word without marks is a string all the same.
  }
}

export const gemma4 = gemmaFormat({ name: 'gemma4', begin: '<|tool_call>', end: '<tool_call|>', quote: '<|"|>' });

export const functionGemma = gemmaFormat({
  name: 'function-gemma',
  begin: '<start_function_call>',
  end: '<end_function_call>',
  quote: '<escape>',
});
