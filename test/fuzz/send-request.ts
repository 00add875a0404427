// One request of the fuzz run, and why its answer is a violation.
import { type Agent, type IncomingMessage, request } from 'node:http';
import { violationOf } from './judge.ts';
import type { FuzzRequest } from './mutated-requests.ts';

const patienceMs = 30_000;

export interface Target {
  readonly port: number;
  readonly agent: Agent;
}

/** A violation in words, or null. */
export async function sendRequest(target: Target, asked: FuzzRequest): Promise<string | null> {
  const first = await attempt(target, asked);
  // A connection that the server gave up while the request was on its way to it says nothing of the request.
  return first === 'reused and closed' ? attempt(target, asked) : first;
}

function attempt({ port, agent }: Target, { method, path, headers, body }: FuzzRequest): Promise<string | null> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body, 'latin1');
    const length = bytes.length === 0 ? {} : { 'content-length': bytes.length };
    const sent = request({ port, host: '127.0.0.1', agent, method, path, headers: { ...headers, ...length } });
    const timer = setTimeout(() => {
      resolve(`no answer within ${patienceMs} ms`);
      sent.destroy();
    }, patienceMs);
    const settle = (violation: string | null): void => {
      clearTimeout(timer);
      resolve(violation);
    };
    sent.on('error', (error: NodeJS.ErrnoException) =>
      settle(sent.reusedSocket ? 'reused and closed' : `no answer: ${error.code ?? error.message}`),
    );
    sent.on('response', (response) => {
      readAll(response).then(
        (text) => settle(method === 'HEAD' ? null : judged(response, text)),
        (error: Error) => settle(`half an answer: ${error.message}`),
      );
    });
    sent.end(bytes);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const judged = ({ statusCode = 0, headers }: IncomingMessage, body: string): string | null =>
  violationOf({
    status: statusCode,
    contentType: headers['content-type'] ?? '',
    requestId: headers['x-request-id'] as string | undefined,
    body,
  });
