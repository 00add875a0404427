import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../core/index.ts';
import { WorkerLost } from '../workers/index.ts';
import { createRecovery } from './recover.ts';

const start = () => {
  const events: ServerEvent[] = [];
  return { events, recovery: createRecovery({ requestId: 'r', model: 'm', emit: (event) => events.push(event) }) };
};
const crash = new WorkerLost({ reason: 'crashed', detail: 'it was ended by SIGSEGV' });

describe('recovery', () => {
  it('keeps the ids of every token, also of those whose text is held back', () => {
    const { recovery } = start();
    recovery.accept({ type: 'token-delta', tokenIds: [1, 2], text: '' });
    recovery.accept({ type: 'token-delta', tokenIds: [3], text: 'abc' });
    expect(recovery.delivered).toEqual([1, 2, 3]);
  });

  it('hides the second prefill', () => {
    const { recovery } = start();
    const prefill = { type: 'prefill-progress', processed: 0, total: 3, cached: 0 } as const;
    expect(recovery.accept(prefill)).toEqual(prefill);
    recovery.lost(crash, 'running');
    expect(recovery.accept(prefill)).toBeUndefined();
  });

  it('tells at the end of the cache that the first worker found, and of the time that all of them took', () => {
    const { recovery } = start();
    const end = {
      type: 'end',
      finishReason: 'stop',
      stopSequence: null,
      usage: { promptTokens: 3, cachedTokens: 3, completionTokens: 2 },
      timings: { prefillMs: 2, decodeMs: 5 },
    } as const;
    recovery.accept({ type: 'prefill-progress', processed: 1, total: 3, cached: 1 });
    recovery.accept({ type: 'token-delta', tokenIds: [1], text: 'a' });
    recovery.broke({ ...end, finishReason: 'cancelled' });
    expect(recovery.accept({ type: 'prefill-progress', processed: 3, total: 3, cached: 3 })).toBeUndefined();
    expect(recovery.accept(end)).toEqual({
      ...end,
      usage: { ...end.usage, cachedTokens: 1 },
      timings: { prefillMs: 4, decodeMs: 10 },
    });
  });

  it('survives one crash, and is told in an event once the new worker is heard', () => {
    const { recovery, events } = start();
    recovery.lost(crash, 'running');
    expect(events).toEqual([]);
    for (let n = 0; n < 3; n += 1) {
      recovery.accept({ type: 'prefill-progress', processed: 0, total: 3, cached: 0 });
    }
    expect(events).toEqual([
      { type: 'generation-recovered', requestId: 'r', model: 'm', tokens: 0, reason: 'crashed' },
    ]);
    expect(() => recovery.lost(crash, 'running')).toThrow(expect.objectContaining({ code: 'worker_crashed' }));
  });

  it('does not suspect a request of what another one did', () => {
    const { recovery } = start();
    for (let n = 0; n < 5; n += 1)
      recovery.lost(new WorkerLost({ reason: 'timeout', detail: 'no progress within 1 s' }), 'running');
    recovery.lost(crash, 'running');
  });

  it('ends with the server', () => {
    expect(() => start().recovery.lost(new WorkerLost({ reason: 'server_exit', detail: '' }), 'running')).toThrow(
      expect.objectContaining({ code: 'shutting_down' }),
    );
  });
});
