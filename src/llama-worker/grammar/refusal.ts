// How a form that cannot be held to exactly is refused.
import { ServerError } from '../../core/index.ts';

export const refusal = (text: string, param = 'constraint'): ServerError =>
  new ServerError('invalid_request', text, { param });

/** A keyword that is right, but beyond what models in GGUF can be held to. */
export const unsupported = (keyword: string): ServerError =>
  refusal(`The schema's keyword "${keyword}" is not supported for models in GGUF; leave it out.`);

/** The same refusal of a part of a whole: with the place where it stands, under the name of that part. */
export function refusedAt(error: unknown, { place = '', param }: { place?: string; param?: string }): unknown {
  if (!(error instanceof ServerError) || error.code !== 'invalid_request') return error;
  const text = place === '' ? error.message : `${error.message.replace(/\.$/, '')} (at ${place}).`;
  return refusal(text, param ?? error.param ?? undefined);
}
