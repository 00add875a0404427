// What a request must look like before anything in it is believed: one Host, few headers, a plain path, no encoding.
import type { IncomingMessage } from 'node:http';
import { ServerError } from '../../core/index.ts';

const maxHeaders = 100;

/** More header lines than a client has reason to send; answered with 431. */
export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean => rawHeaders.length / 2 > maxHeaders;

/** Node keeps the first of some repeated headers; what another program on the way may have read is not known. */
const single: ReadonlySet<string> = new Set(['host', 'authorization', 'x-api-key', 'origin', 'content-type', 'expect']);

/** @throws ServerError `invalid_request`, `invalid_api_key`, `unsupported_media_type` */
export function checkMessage(raw: IncomingMessage): void {
  const repeated = repeatedHeader(raw.rawHeaders);
  if (repeated === 'authorization' || repeated === 'x-api-key')
    throw new ServerError('invalid_api_key', 'Send one API key, once.');
  if (repeated !== undefined) throw new ServerError('invalid_request', `The header ${repeated} may be sent once only.`);
  if (raw.headers.host === undefined) throw new ServerError('invalid_request', 'The header Host is missing.');
  if (!raw.url!.startsWith('/'))
    throw new ServerError('invalid_request', 'The request target must be a path of this server.');
  const { expect, 'content-encoding': encoding = 'identity', 'transfer-encoding': transfer = 'chunked' } = raw.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    throw new ServerError('invalid_request', 'The only expectation that is met is 100-continue.', { param: 'Expect' });
  if (encoding.toLowerCase() !== 'identity' || transfer.toLowerCase() !== 'chunked')
    throw new ServerError('unsupported_media_type', 'Send the body as it is, without an encoding.');
}

function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (!single.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
