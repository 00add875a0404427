// The one way a body comes in: JSON under a cap, refused before it is read wherever that can be known.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../core/index.ts';
import { watchExpectations } from './bad-connections.ts';
import { type BodyAccount, createBodyBudget } from './body-budget.ts';
import { readJsonBody } from './json/json-body.ts';
import { createJsonThread } from './json/json-thread.ts';

/** Five images of 10 MB in base64, and the text around them. */
export const maxBodyBytes = 72 * 1024 * 1024;

const utf8 = /^application\/json(\s*;\s*charset\s*=\s*"?utf-?8"?)?\s*;?\s*$/i;

declare module 'fastify' {
  interface FastifyRequest {
    bodyAccount: BodyAccount | null;
  }
}

/** `budgetBytes` is for the bodies of all requests together, until each is answered. */
export function installBody(app: FastifyInstance, { budgetBytes }: { readonly budgetBytes: number }): void {
  const thread = createJsonThread();
  const budget = createBodyBudget({ maxBytes: budgetBytes });
  app.decorateRequest('bodyAccount', null);
  const expectations = watchExpectations(app.server);
  app.addHook('onClose', () => thread.close());
  app.addHook('preParsing', async (request, reply, payload) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > maxBodyBytes)
      throw new ServerError('payload_too_large', 'The body is larger than this server accepts.');
    if (hasBody(request)) checkType(request.headers['content-type']);
    const account = budget.open(request.holder?.id ?? null);
    account.expect(announced);
    request.bodyAccount = account;
    reply.raw.once('close', () => account.close());
    if (expectations.wants(request.raw)) reply.raw.writeContinue();
    return payload;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request: FastifyRequest) =>
    readJsonBody(request.raw, { thread, maxBytes: maxBodyBytes, account: request.bodyAccount! }),
  );
}

function checkType(type: string | undefined): void {
  if (type === undefined || !utf8.test(type))
    throw new ServerError('unsupported_media_type', 'Send the body as application/json, in UTF-8.');
}

export const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
