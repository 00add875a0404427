// Calls in a section: one behind the other, up to the mark that ends it.
import type { Reading } from './text-reader.ts';
import type { CallContext } from './tool-format.ts';

/** `readCall` reads one, white space around it left out. @throws Malformed */
export function* readSection(
  context: CallContext,
  end: string,
  readCall: (context: CallContext) => Reading<void>,
): Reading<void> {
  const { reader } = context;
  do {
    yield* reader.space();
    yield* readCall(context);
    yield* reader.space();
  } while (!(yield* reader.accept(end)));
}
