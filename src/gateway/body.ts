// The one way a body comes in: JSON under a cap, refused before it is read wherever that can be known.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../core/index.ts';
import { watchExpectations } from './bad-connections.ts';
import { readJsonBody } from './json/json-body.ts';
import { createJsonThread } from './json/json-thread.ts';

/** Five images of 10 MB in base64, and the text around them. */
export const maxBodyBytes = 72 * 1024 * 1024;

const utf8 = /^application\/json(\s*;\s*charset\s*=\s*"?utf-?8"?)?\s*;?\s*$/i;

export function installBody(app: FastifyInstance): void {
  const thread = createJsonThread();
  const expectations = watchExpectations(app.server);
  app.addHook('onClose', () => thread.close());
  app.addHook('preParsing', async (request, reply, payload) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes)
      throw new ServerError('payload_too_large', 'The body is larger than this server accepts.');
    if (hasBody(request)) checkType(request.headers['content-type']);
    if (expectations.wants(request.raw)) reply.raw.writeContinue();
    return payload;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request: FastifyRequest) =>
    readJsonBody(request.raw, { thread, maxBytes: maxBodyBytes }),
  );
}

function checkType(type: string | undefined): void {
  if (type === undefined || !utf8.test(type))
    throw new ServerError('unsupported_media_type', 'Send the body as application/json, in UTF-8.');
}

export const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
