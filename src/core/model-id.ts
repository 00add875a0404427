// A model's name: org/name with an optional :TAG. Never a path.
import { ServerError } from './server-error.ts';

const part = '[A-Za-z0-9][A-Za-z0-9._-]{0,95}';
const modelIdPattern = new RegExp(`^(${part})/(${part})(?::([A-Za-z0-9][A-Za-z0-9._-]{0,63}))?$`);

export interface ModelId {
  readonly org: string;
  readonly name: string;
  /** GGUF quantisation, as in `org/name:Q4_K_M`. */
  readonly tag: string | undefined;
}

/** The parts of `text`, or undefined when it is no model name. `..` is refused anywhere. */
export function parseModelId(text: string): ModelId | undefined {
  const match = modelIdPattern.exec(text);
  if (match === null || text.includes('..')) return undefined;
  return { org: match[1]!, name: match[2]!, tag: match[3] };
}

/** `text` for an error message: control characters escaped, at most 64 characters. */
export function quoteModelId(text: string): string {
  const short = text.length > 64 ? `${text.slice(0, 61)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The parts of `text`; throws `invalid_request` (param `model`) for anything that is not a model name. */
export function requireModelId(text: string): ModelId {
  const id = parseModelId(text);
  if (id !== undefined) return id;
  throw new ServerError(
    'invalid_request',
    `${quoteModelId(text)} is not a model name: write org/name or org/name:TAG.`,
    {
      param: 'model',
    },
  );
}
