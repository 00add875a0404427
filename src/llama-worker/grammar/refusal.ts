// How a form that llama.cpp's grammars cannot hold to exactly is refused.
import { ServerError } from '../../core/index.ts';

export const refusal = (text: string): ServerError =>
  new ServerError('invalid_request', text, { param: 'response_format' });

/** A keyword that is right, but beyond what models in GGUF can be held to. */
export const unsupported = (keyword: string): ServerError =>
  refusal(`The schema's keyword "${keyword}" is not supported for models in GGUF; leave it out.`);
