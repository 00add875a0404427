import { describe, expect, it } from 'vitest';
import { exchange, head, openSocket } from './raw-http.ts';
import { chat, errorOf, host, port, test } from './raw-server.ts';
import { chatBody, jsonOf, post, until, words } from './test-server.ts';

const json = (body: string): string => chat([`Content-Length: ${Buffer.byteLength(body)}`], body);

describe('a body', () => {
  const content = (text: string): string => `{"messages":[{"role":"user","content":${text}}]}`;
  const cases: Record<string, string | Buffer> = {
    empty: '',
    null: 'null',
    'an array': '[]',
    'a string': '"x"',
    'a number': '42',
    truncated: '{"messages": [',
    'behind a byte order mark': `\ufeff${content('"x"')}`,
    'in UTF-16': Buffer.from(content('"x"'), 'utf16le'),
    'with invalid UTF-8': Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    'with an overlong slash': Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    'with half a character': content('"\\ud83d"'),
    'with the other half': content('"\\ude00 x"'),
    'with NaN': content('NaN'),
    'with 1e400': `${content('"x"').slice(0, -1)},"unknown":1e400}`,
    'with a number of 200 KB': `{"temperature":${'1'.repeat(200_000)}}`,
    'with a seed past 2^53': `${content('"x"').slice(0, -1)},"seed":9007199254740993}`,
    'with a key twice': `{"model":"a/b",${content('"x"').slice(1, -1)},"model":"c/d"}`,
    'with __proto__': `{"__proto__":{"polluted":1},${content('"x"').slice(1)}`,
    'with __proto__ deep inside': content('[{"type":"text","text":"x","__proto__":{"polluted":1}}]'),
    '101 levels deep': '['.repeat(101),
    'a hundred thousand levels deep': '{"a":'.repeat(100_000),
    'of many messages': `{"messages":[${'{},'.repeat(100_000)}{}]}`,
    'of many keys': `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join()}}`,
    'of many token ids': `{"prompt":[${'1,'.repeat(400_000)}1]}`,
    'with 10,240 characters for a role': `{"messages":[{"role":"${'r'.repeat(10_240)}","content":"x"}]}`,
    'with 1 MB for a model': `{"model":"${'m'.repeat(1_000_000)}",${content('"x"').slice(1)}`,
  };

  it.each(Object.keys(cases))('%s is refused in few words', async (name) => {
    const body = Buffer.from(cases[name]!);
    const bytes = Buffer.concat([Buffer.from(chat([`Content-Length: ${body.length}`])), body]);
    const answer = await exchange(port, bytes, { lingerMs: 20 });
    const { code, message } = errorOf(answer);
    expect([answer.status, code]).toEqual([400, 'invalid_request']);
    expect(message).not.toMatch(/(.)\1{100}/);
    expect(message).toMatch(/^[\x20-\x7e]{1,400}$/);
  });

  it('of 60 MB of small objects is refused long before its end', async () => {
    const objects = '{"role":"user","content":"x"},'.repeat(35_000);
    const socket = await openSocket(port, `${chat(['Content-Length: 60000000'])}{"messages":[`);
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(chunk.toString()));
    });
    socket.write(objects);
    socket.write(objects);
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  it('of some megabytes is read like a small one', async () => {
    const long = `tokens=2 ${'é"\\\n'.repeat(1_000_000)}`;
    const answer = await jsonOf(post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', long)));
    expect(answer.choices[0].message.content).toBe(words(2));
    const bad = await post(`${test.server.apiUrl}/v1/chat/completions`, `{"a":"${'x'.repeat(2_000_000)}" "b"}`);
    expect([bad.status, (await jsonOf(bad)).error.code]).toEqual([400, 'invalid_request']);
  });

  it('whose client leaves while it is parsed starts no generation that nobody hears', async () => {
    const content = `tokens=100000 delayMs=5 ${'x'.repeat(20_000_000)}`;
    const body = JSON.stringify(chatBody('counts', content));
    const socket = await openSocket(port, '');
    await new Promise<void>((resolve) => {
      socket.write(chat([`Content-Length: ${body.length}`], body), () => resolve());
    });
    socket.destroy();
    const recent = async () => (await jsonOf(fetch(`${test.server.adminUrl}/admin/requests`))).recent[0];
    await until(async () => (await recent()).status === 499);
    await until(() => !test.server.fleet.busy, 2000);
  });

  it('with minus zero, or other numbers within range, is taken', async () => {
    const answer = await exchange(port, json(`{"temperature":-0,"messages":[{"role":"user","content":"tokens=1"}]}`), {
      lingerMs: 20,
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['no type', ''],
    ['text', 'Content-Type: text/plain'],
    ['another charset', 'Content-Type: application/json; charset=utf-16'],
    ['something like JSON', 'Content-Type: application/jsonp'],
    ['a part of a form', 'Content-Type: multipart/form-data; boundary=x'],
    ['gzip', 'Content-Type: application/json\r\nContent-Encoding: gzip'],
    ['gzip on the way', 'Content-Type: application/json\r\nTransfer-Encoding: gzip, chunked'],
  ])('of %s is 415', async (_, line) => {
    const length = line.includes('Transfer') ? [] : ['Content-Length: 2'];
    const lines = [host, ...length, ...(line === '' ? [] : [line])];
    const bytes =
      head('POST /v1/chat/completions HTTP/1.1', ...lines) + (length.length > 0 ? '{}' : '2\r\n{}\r\n0\r\n\r\n');
    const answer = await exchange(port, bytes);
    expect([answer.status, errorOf(answer).code]).toEqual([415, 'unsupported_media_type']);
  });

  it('is asked for by a client that waits for a word', async () => {
    const body = JSON.stringify(chatBody('counts', 'tokens=1'));
    const bytes = chat([`Content-Length: ${body.length}`, 'Expect: 100-continue'], body);
    const answer = await exchange(port, bytes, { lingerMs: 500 });
    expect(answer.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    const other = await exchange(port, chat(['Content-Length: 2', 'Expect: tea'], '{}'));
    expect([other.status, errorOf(other).code]).toEqual([400, 'invalid_request']);
  });
});
