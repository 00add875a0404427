// Requests that their operator or their time limit ends.
import { describe, expect, it } from 'vitest';
import { admin, adminOf, chat, idOf, occupy, test } from './one-place-server.ts';
import { chatBody, jsonOf, post, readStream, until, words } from './test-server.ts';

describe('POST /admin/requests/{id}/cancel', () => {
  const cancel = (id: string): Promise<Response> => fetch(`${admin}/admin/requests/${id}/cancel`, { method: 'POST' });

  it('ends a stream with an error, and frees its place', async () => {
    const response = await post(chat, chatBody('counts', 'tokens=100000 delayMs=5', { stream: true }));
    expect((await cancel(idOf(response))).status).toBe(200);
    const { chunks, done } = await readStream(response);
    expect(chunks.at(-1)!.error).toMatchObject({ code: 'cancelled' });
    expect(done).toBe(false);
    await until(() => !test.server.fleet.busy, 500);
  });

  it('answers one that waits with a status, and tells the client not to try again', async () => {
    const occupied = await occupy();
    const answer = post(chat, chatBody('counts', 'tokens=1'));
    await until(() => test.server.fleet.queueDepth === 1);
    const [{ id }] = (await adminOf('/admin/queue')).requests;
    expect((await cancel(id)).status).toBe(200);
    expect([(await answer).status, (await answer).headers.get('x-should-retry')]).toEqual([503, 'false']);
    expect((await jsonOf(answer)).error.code).toBe('cancelled');
    await occupied.leave();
  });

  it('knows no request that is not there', async () => {
    expect((await cancel('req_0')).status).toBe(404);
  });
});

describe('X-Request-Timeout', () => {
  const withTimeout = (seconds: string) => ({
    headers: { 'content-type': 'application/json', 'x-request-timeout': seconds },
  });

  it('ends a request that waits with queue_timeout', async () => {
    const occupied = await occupy();
    const response = await post(chat, chatBody('counts', 'tokens=1'), withTimeout('0.2'));
    expect([response.status, (await jsonOf(response)).error.code]).toEqual([503, 'queue_timeout']);
    await occupied.leave();
  });

  it('ends one whose model is still loading, which goes on for others', async () => {
    const response = await post(chat, chatBody('never-ready', 'x'), withTimeout('0.2'));
    expect([response.status, (await jsonOf(response)).error.code]).toEqual([503, 'queue_timeout']);
    await post(`${admin}/admin/unload`, { model: 'test/never-ready' });
  });

  it('ends an answer in the middle, whole or streamed', async () => {
    const whole = await post(chat, chatBody('counts', 'tokens=100000 delayMs=5'), withTimeout('0.3'));
    expect([whole.status, (await jsonOf(whole)).error.code]).toEqual([503, 'cancelled']);
    const body = chatBody('counts', 'tokens=100000 delayMs=5', { stream: true });
    const { chunks, done } = await readStream(await post(chat, body, withTimeout('0.3')));
    expect([chunks.at(-1)!.error?.code, done]).toEqual(['cancelled', false]);
    await until(() => !test.server.fleet.busy, 500);
  });

  it('leaves alone what is done in time', async () => {
    const body = await jsonOf(post(chat, chatBody('counts', 'tokens=3'), withTimeout('20')));
    expect(body.choices[0].message.content).toBe(words(3));
  });

  it.each(['0', '-1', 'soon', '1e3', '999999', 'Infinity'])('%s is refused', async (seconds) => {
    const response = await post(chat, chatBody('counts', 'tokens=1'), withTimeout(seconds));
    expect([response.status, (await jsonOf(response)).error.param]).toEqual([400, 'X-Request-Timeout']);
  });
});
