// The text that a client gave for an image → what kind of source it is. Looks at the text alone.
import { fileURLToPath } from 'node:url';
import { requireFetchable } from './fetchable-url.ts';
import { notReadable, refused } from './image-problem.ts';

export type Source =
  | { readonly kind: 'data'; readonly base64: string }
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'file'; readonly path: string };

const maxUrlCharacters = 8192;
const maxDataHeadCharacters = 256;
const dataHead = /^data:image\/[a-z0-9][a-z0-9.+-]*(?:;[a-z0-9!#$&^_.+-]+=[a-z0-9!#$&^_.+-]*)*;base64,/i;

/** @throws ImageProblem for anything but a base64 data URI of an image, an http(s) URL, a file URL or an absolute path. */
export function parseSource(text: string): Source {
  if (/^data:/i.test(text)) return { kind: 'data', base64: base64Of(text) };
  if (text.length > maxUrlCharacters) throw refused(`is at a URL of more than ${maxUrlCharacters} characters`);
  if (/^https?:/i.test(text)) return { kind: 'url', url: parseHttpUrl(text) };
  if (/^file:/i.test(text)) return { kind: 'file', path: pathOfFileUrl(text) };
  if (text.startsWith('/')) return { kind: 'file', path: text };
  throw refused(
    'is none of these: a data URI (data:image/…;base64,…), an http or https URL, a file URL, an absolute path',
  );
}

function base64Of(text: string): string {
  const head = dataHead.exec(text.slice(0, maxDataHeadCharacters));
  if (head === null) throw refused('is a data URI that does not begin with "data:image/…;base64,"');
  return text.slice(head[0].length);
}

function parseHttpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused('is at a malformed URL');
  requireFetchable(url);
  return url;
}

function pathOfFileUrl(text: string): string {
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw notReadable(cause); // Another host, or an encoded slash.
  }
}
