// A worker knows a form by its place in the constraint; a client by the field in which it was sent.
import { type AskedConstraint, ServerError } from '../core/index.ts';

/** The same error, with the client's field where it is about a form. */
export function asClientNamesIt(error: unknown, constraint: AskedConstraint | undefined): unknown {
  if (!(error instanceof ServerError) || constraint === undefined) return error;
  const place = /^constraint(?:\.form\.tags\[(\d+)\])?$/.exec(error.param ?? '');
  if (place === null) return error;
  const param = constraint.tagParams?.[Number(place[1])] ?? constraint.param;
  return new ServerError(error.code, error.message, { param, cause: error });
}
