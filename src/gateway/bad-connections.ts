// What never becomes a request: bytes that are no HTTP, tunnels, headers that do not end. Each gets an answer in the shape
// of all others, and its connection is closed.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ServerError } from '../core/index.ts';
import { errorBody } from '../openai/index.ts';
import { newRequestId } from './request-context.ts';

interface Refusal {
  readonly status: string;
  readonly message: string;
  readonly code: 'invalid_request' | 'method_not_allowed' | 'payload_too_large';
}

const methods = 'GET, POST, DELETE, OPTIONS';

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return refusal('431 Request Header Fields Too Large', 'The headers are larger than this server accepts.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { ...refusal('413 Payload Too Large', 'The chunk extensions are too large.'), code: 'payload_too_large' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusal('408 Request Timeout', 'The request did not arrive in time.');
    case 'HPE_INVALID_METHOD':
      return { ...refusal('405 Method Not Allowed', `This server takes ${methods}.`), code: 'method_not_allowed' };
    default:
      return refusal('400 Bad Request', 'This is not an HTTP/1.1 request.');
  }
}

const refusal = (status: string, message: string): Refusal => ({ status, message, code: 'invalid_request' });

function answer(socket: Duplex, { status, message, code }: Refusal): void {
  const body = JSON.stringify(errorBody(new ServerError(code, message)));
  const headers = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${newRequestId()}`,
    ...(code === 'method_not_allowed' ? [`allow: ${methods}`] : []),
    'connection: close',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** For Fastify's option `clientErrorHandler`. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  // An answer that has begun on this connection would be spoilt by another in its middle.
  const { _httpMessage: begun } = socket as Socket & { readonly _httpMessage?: { readonly headersSent: boolean } };
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent === true) socket.destroy();
  else answer(socket, refusalOf(error.code));
}

/** Requests that wait for a word before they send their body; the body is asked for once it is wanted. */
export function watchExpectations(server: Server): { wants(raw: IncomingMessage): boolean } {
  const expecting = new WeakSet<IncomingMessage>();
  server.on('checkContinue', (request, response) => {
    expecting.add(request);
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_, socket) => answer(socket, refusalOf('HPE_INVALID_METHOD')));
  return { wants: (raw) => expecting.has(raw) };
}
