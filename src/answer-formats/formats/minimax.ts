// MiniMax M2: <minimax:tool_call><invoke name="NAME"><parameter name="KEY">value</parameter></invoke></minimax:tool_call>.
import { openCall } from '../call-writer.ts';
import { checkName } from '../json-call.ts';
import { readParameters, unquoted } from '../parameter-elements.ts';
import type { ToolFormat } from '../tool-format.ts';

const begin = '<minimax:tool_call>';
const end = '</minimax:tool_call>';

export const minimax: ToolFormat = {
  name: 'minimax',
  isIn: (template) => template.includes(begin),
  begins: [begin],
  ends: [end],
  *read(context) {
    const { reader } = context;
    do {
      yield* reader.space();
      yield* reader.expect('<invoke name=');
      const name = checkName(unquoted((yield* reader.textUntil(['>'])).text));
      openCall(context, name);
      yield* readParameters(context, name, { begin: '<parameter name=', end: '</invoke>' });
      yield* reader.space();
    } while (!(yield* reader.accept(end)));
  },
  form: null,
};
