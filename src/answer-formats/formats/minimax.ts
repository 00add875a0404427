// MiniMax M2: <minimax:tool_call><invoke name="NAME"><parameter name="KEY">value</parameter></invoke></minimax:tool_call>.
import { readSection } from '../call-section.ts';
import { openCall } from '../call-writer.ts';
import { checkName } from '../json-call.ts';
import { readParameters, unquoted } from '../parameter-elements.ts';
import type { Reading } from '../text-reader.ts';
import type { CallContext, ToolFormat } from '../tool-format.ts';

const begin = '<minimax:tool_call>';
const end = '</minimax:tool_call>';

function* readCall(context: CallContext): Reading<void> {
  const { reader } = context;
  yield* reader.expect('<invoke name=');
  const name = checkName(unquoted((yield* reader.textUntil(['>'])).text));
  openCall(context, name);
  yield* readParameters(context, name, { begin: '<parameter name=', end: '</invoke>', ownLines: false });
}

export const minimax: ToolFormat = {
  name: 'minimax',
  isIn: (template) => template.includes(begin),
  begins: [begin],
  ends: [end],
  read: (context) => readSection(context, end, readCall),
  form: null,
};
