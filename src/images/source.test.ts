import { describe, expect, it } from 'vitest';
import { parseSource } from './source.ts';

describe('a source', () => {
  it.each([
    ['data:image/png;base64,AAAA', { kind: 'data', base64: 'AAAA' }],
    ['DATA:image/svg+xml;charset=utf-8;BASE64,AAAA', { kind: 'data', base64: 'AAAA' }],
    ['/a b/c.png', { kind: 'file', path: '/a b/c.png' }],
    ['file:///a%20b/c.png', { kind: 'file', path: '/a b/c.png' }],
    ['file://localhost/c.png', { kind: 'file', path: '/c.png' }],
  ])('%s is known for what it is', (text, expected) => {
    expect(parseSource(text)).toEqual(expected);
  });

  it.each(['http://a.example/x', 'HTTPS://a.example:443/x', 'http://a.example:1024/', 'http://a.example:80/'])(
    '%s is a URL to fetch',
    (text) => {
      expect(parseSource(text)).toMatchObject({ kind: 'url', url: expect.any(URL) });
    },
  );

  it.each([
    ['', 'is none of these'],
    ['x', 'is none of these'],
    ['./a.png', 'is none of these'],
    ['~/a.png', 'is none of these'],
    ['ftp://a.example/x', 'is none of these'],
    ['gopher://a.example/x', 'is none of these'],
    ['blob:http://a.example/x', 'is none of these'],
    [' http://a.example/x', 'is none of these'],
    ['data:text/plain;base64,AAAA', 'is a data URI that'],
    ['data:image/png,AAAA', 'is a data URI that'],
    ['data:;base64,AAAA', 'is a data URI that'],
    [`data:image/png;x=${'y'.repeat(10_000)};base64,AAAA`, 'is a data URI that'],
    ['http://', 'is at a malformed URL'],
    ['http://a b/', 'is at a malformed URL'],
    [`http://a.example/${'x'.repeat(8192)}`, 'is at a URL of more than'],
    ['http://user@a.example/', 'is at a URL with a user name'],
    ['http://:secret@a.example/', 'is at a URL with a user name'],
    ['http://a.example:22/', 'is at port 22'],
    ['http://a.example:0/', 'is at port 0'],
    ['https://a.example:1023/', 'is at port 1023'],
    ['file://other.host/x', 'cannot be read'],
    ['file:///a%2Fb', 'cannot be read'],
  ])('%s is refused', (text, message) => {
    expect(() => parseSource(text)).toThrow(message);
  });
});
