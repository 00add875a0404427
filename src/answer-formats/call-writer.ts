// The call that is being read: what is written to the sink is not noted any more, so that what remains when the call breaks
// off is exactly what nobody has seen.
import type { CallContext } from './tool-format.ts';

export function openCall({ reader, sink }: CallContext, name: string, id?: string): void {
  sink.openCall(name, id);
  reader.mark();
}

export function addArguments({ reader, sink }: CallContext, text: string): void {
  sink.arguments(text);
  reader.mark();
}

/** A sound call without arguments has an empty object of them. */
export function closeCall({ reader, sink }: CallContext): void {
  if (!sink.hasArguments) sink.arguments('{}');
  sink.endCall();
  reader.mark();
}
