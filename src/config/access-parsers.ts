// Parsers of who may use the server. What they say about a wrong key never repeats it.
import { z } from 'zod';
import { listSchema, type Parse, parser } from './parsers.ts';
import { type ApiKey, Secret } from './secret.ts';

const named = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([\x21-\x7e]{1,512})$/;
const bare = /^[\x21-\x7e]{1,512}$/;

/** `name:key` or `key`, separated by commas or line breaks; a line that begins with # is a comment. */
export const apiKeys: Parse<readonly ApiKey[]> = parser(listSchema, (raw) => {
  const lines = raw.split(/\r?\n/).filter((line) => !line.trimStart().startsWith('#'));
  const entries = lines
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const keys: ApiKey[] = [];
  for (const [index, entry] of entries.entries()) {
    const match = named.exec(entry);
    if (match !== null) keys.push({ name: match[1]!, secret: new Secret(match[2]!) });
    else if (bare.test(entry)) keys.push({ name: `key-${index + 1}`, secret: new Secret(entry) });
    else return { problem: `holds an entry ${index + 1} that is no key: write name:key or key, without spaces` };
  }
  return keys.length === 0 ? { problem: 'holds no key' } : { value: keys };
});

export const secretText: Parse<Secret> = parser(z.string().min(1), (raw) =>
  bare.test(raw) ? { value: new Secret(raw) } : { problem: 'is no key: printable characters without spaces' },
);

const entriesOf = (raw: string): string[] =>
  raw
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');

const originPattern = /^[a-z][a-z0-9+.-]*:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/;

/** Origins as a browser sends them, separated by commas. A wildcard is not among them: it would let in any page. */
export const originList: Parse<readonly string[]> = parser(listSchema, (raw) => {
  const wrong = entriesOf(raw).find((entry) => !originPattern.test(entry));
  if (wrong === undefined) return { value: entriesOf(raw) };
  return { problem: `must be origins such as https://app.example.com, not "${wrong.slice(0, 100)}"` };
});

const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/;

/** Host names, each with or without a port, separated by commas. */
export const hostList: Parse<readonly string[]> = parser(listSchema, (raw) => {
  const wrong = entriesOf(raw).find((entry) => !hostPattern.test(entry));
  if (wrong === undefined) return { value: entriesOf(raw) };
  return { problem: `must be names such as my-machine.local or my-machine.local:8080, not "${wrong.slice(0, 100)}"` };
});
