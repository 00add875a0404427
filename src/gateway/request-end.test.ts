import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { createLiveRequests } from './live-requests.ts';
import { ClientLeft, watchEnd } from './request-end.ts';

const start = (destroyed: boolean) => {
  const live = createLiveRequests();
  const raw = new EventEmitter();
  const request = { id: 'r', headers: {}, arrivedMs: 0, raw: { socket: { destroyed } } } as unknown as FastifyRequest;
  const { controller } = watchEnd(request, { raw } as unknown as FastifyReply, live);
  return { live, raw, signal: controller.signal };
};

describe('the end of a request', () => {
  it('has come where its client left before anybody listened', () => {
    const { signal, live } = start(true);
    expect(signal.reason).toBeInstanceOf(ClientLeft);
    expect(live.cancel('r')).toBe(false);
  });

  it('comes when its connection closes, or an operator says so, whichever is first', () => {
    const { signal, raw, live } = start(false);
    expect(signal.aborted).toBe(false);
    expect(live.cancel('r')).toBe(true);
    raw.emit('close');
    expect(signal.reason).toMatchObject({ code: 'cancelled' });
    expect(live.cancel('r')).toBe(false);
  });
});
