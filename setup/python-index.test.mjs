import { expect, test } from 'vitest';
import { fromPipConfiguration } from './python-index.mjs';

test("pip's index, certificate and wheel folders become uv's variables; the rest is left alone", () => {
  const listing = [
    "global.index-url='https://mirror.example/simple'",
    ":env:.find-links='/opt/wheels'",
    "install.extra-index-url='https://a.example\\nhttps://b.example'",
    "global.cert='/etc/ca.pem'",
    "global.timeout='60'",
  ].join('\n');
  expect(fromPipConfiguration(listing)).toEqual({
    UV_DEFAULT_INDEX: 'https://mirror.example/simple',
    UV_FIND_LINKS: '/opt/wheels',
    UV_INDEX: 'https://a.example https://b.example',
    SSL_CERT_FILE: '/etc/ca.pem',
  });
});

test('no configuration gives nothing', () => {
  expect(fromPipConfiguration('')).toEqual({});
});
