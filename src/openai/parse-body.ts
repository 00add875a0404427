// zod's verdict on a body → the validated value, or invalid_request naming the field at fault.
import type { z } from 'zod';
import { ServerError } from '../core/index.ts';

const maxEchoedCharacters = 100;

/** @throws ServerError `invalid_request` with `param` for the first field at fault. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const param = pathText(issue.path);
  const where = param === '' ? 'The body' : `"${param}"`;
  throw new ServerError('invalid_request', `${where}: ${issue.message}${echo(issue.input)}.`, {
    param: param === '' ? undefined : param,
  });
}

/** `messages[0].content`, cut to a bounded length: keys may come from the client. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return parts.join('').replace(/^\./, '').slice(0, maxEchoedCharacters);
}

function echo(input: unknown): string {
  if (typeof input !== 'string' && typeof input !== 'number' && typeof input !== 'boolean') return '';
  return ` (got ${JSON.stringify(input).slice(0, maxEchoedCharacters)})`;
}
