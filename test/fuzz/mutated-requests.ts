// Requests that were valid, with one to four things wrong: in the JSON's tree, in its text, in the headers, in the path.
import { type Random, seeded } from '../faults/harness/seeded.ts';
import { nasty, spoil } from './nasty.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Each character a byte. */
  readonly body: string;
}

/** A request of the kind that `paths` knows, to begin with: taken from the document of the API. */
export interface Example {
  readonly method: string;
  readonly path: string;
  readonly body: object | null;
}

const jsonPieces = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u',
  'null',
  '1e9',
  '\0',
  '\xff',
  '\xc0\xaf',
  '\r\n',
  '//',
];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A value that stands for raw text in the tree. */
const marker = (n: number): string => `@@raw${n}@@`;

/** The same request for the same seed and number. */
export function mutatedRequest(examples: readonly Example[], seed: number, number: number): FuzzRequest {
  const random = seeded(seed, number);
  const { method, path, body } = random.pick(examples);
  const raws: string[] = [];
  let tree = structuredClone(body) as Json;
  const strokes = random.whole(1, 4);
  for (let stroke = 0; stroke < strokes; stroke += 1) {
    if (tree !== null && random.next() < 0.8) tree = changeTree(tree, random, raws);
  }
  let text = tree === null ? '' : Buffer.from(withRaws(JSON.stringify(tree), raws)).toString('latin1');
  if (text !== '' && random.next() < 0.15) text = spoil(text, random, jsonPieces);
  return {
    method: random.next() < 0.03 ? random.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) : method,
    path: random.next() < 0.08 ? changePath(path, random) : path,
    headers: headersOf(text, random),
    body: text,
  };
}

/** Every object and array of the tree. */
function containers(tree: Json): (Json[] | { [key: string]: Json })[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return [tree, ...Object.values(tree).flatMap(containers)];
}

function changeTree(tree: Json, random: Random, raws: string[]): Json {
  const fill = (): string => {
    raws.push(nasty(random));
    return marker(raws.length - 1);
  };
  const places = containers(tree);
  if (places.length === 0) return fill();
  const place = random.pick(places);
  const keys = Object.keys(place);
  const key = keys.length === 0 ? 'x' : random.pick(keys);
  const target = place as Record<string, Json>;
  switch (random.whole(0, 6)) {
    case 0:
      delete target[key];
      break;
    case 1:
      put(target, Array.isArray(place) ? key : random.pick([...fields, key]), fill());
      break;
    case 2:
      target[key] = [target[key] ?? null];
      break;
    case 3:
      if (Array.isArray(place)) place.push(...Array.from({ length: random.whole(1, 50) }, () => place[0] ?? null));
      else target[`${key}${random.pick(['', ' ', '\0', '.', '[]'])}`] = target[key] ?? null;
      break;
    default:
      target[key] = fill();
  }
  return tree;
}

/** A key of its own, `__proto__` too. */
const put = (target: object, key: string, value: Json): void => {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
};

/** Names that mean something somewhere. */
const fields = [
  ...[
    'model',
    'messages',
    'prompt',
    'stream',
    'stream_options',
    'n',
    'stop',
    'seed',
    'logprobs',
    'top_logprobs',
    'user',
  ],
  ...[
    'temperature',
    'top_p',
    'top_k',
    'min_p',
    'max_tokens',
    'max_completion_tokens',
    'logit_bias',
    'presence_penalty',
  ],
  ...[
    'frequency_penalty',
    'repetition_penalty',
    'tools',
    'tool_choice',
    'response_format',
    'reasoning_effort',
    'input',
  ],
  ...[
    'grammar',
    'guided_json',
    'chat_template',
    'chat_template_kwargs',
    'suffix',
    'echo',
    'best_of',
    'store',
    'system',
  ],
  ...['__proto__', 'constructor', 'toString', 'length', 'name', 'role', 'content', 'type', 'text', 'image_url', ''],
];

const withRaws = (text: string, raws: readonly string[]): string =>
  text.replace(/"@@raw(\d+)@@"/g, (_, n: string) => raws[Number(n)]!);

const pathPieces = [
  '/',
  '//',
  '.',
  '..',
  '%2f',
  '%00',
  '%2e%2e',
  '?',
  '#',
  ';',
  '%',
  '\\',
  'a'.repeat(600),
  '%ff',
  '*',
  ':',
];

const changePath = (path: string, random: Random): string =>
  `/${spoil(path, random, pathPieces)
    .slice(1)
    .replace(/[^\x21-\x7e]/g, '%7f')}`;

const values = [
  'high',
  'low',
  '',
  '0',
  '0.5',
  '-1',
  '1e3',
  '86400',
  '99999',
  'x'.repeat(3000),
  'a b',
  '\u00e9',
  '"',
  '*/*',
];
const names = ['x-priority', 'x-request-timeout', 'x-request-id', 'accept', 'authorization', 'x-api-key', 'user-agent'];
const types = ['text/plain', 'application/jsonp', 'application/json; charset=utf-16', 'multipart/form-data', ''];

function headersOf(text: string, random: Random): Record<string, string> {
  const headers: Record<string, string> = text === '' ? {} : { 'content-type': 'application/json' };
  if (random.next() < 0.2) headers[random.pick(names)] = random.pick(values);
  if (random.next() < 0.03) headers['content-type'] = random.pick(types);
  if (random.next() < 0.02) headers.origin = random.pick(['null', 'http://evil.example', 'file://']);
  if (random.next() < 0.02) headers['content-encoding'] = random.pick(['gzip', 'br', 'identity']);
  return headers;
}
