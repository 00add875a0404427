// What a client hears when a worker refuses its request: a worker knows a form by its place in the constraint, a client by the
// field in which it was sent; and a worker does not know that its context was made shorter than the model's own.
import { type AskedConstraint, ServerError } from '../core/index.ts';

export interface Refused {
  readonly constraint: AskedConstraint | undefined;
  /** What the model was made for, where nobody ordered less. */
  readonly ownContextLength: number | null;
  /** What the worker has, in tokens. */
  readonly contextLength: number;
}

/** The same error, with the client's field where it is about a form, and with a way out where memory has cut the context. */
export function asClientHears(error: unknown, { constraint, ownContextLength, contextLength }: Refused): unknown {
  if (!(error instanceof ServerError)) return error;
  const { code, message, param } = error;
  if (code === 'context_length_exceeded') {
    if (ownContextLength === null || ownContextLength <= contextLength) return error;
    const way = `The model itself was made for ${ownContextLength}: context_length in the configuration orders more, as far as there is memory.`;
    return new ServerError(code, `${message} ${way}`, { param: param ?? undefined, cause: error });
  }
  const place = /^constraint(?:\.form\.tags\[(\d+)\])?$/.exec(param ?? '');
  if (place === null || constraint === undefined) return error;
  return new ServerError(code, message, {
    param: constraint.tagParams?.[Number(place[1])] ?? constraint.param,
    cause: error,
  });
}
