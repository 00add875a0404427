// The document of the API against the API itself: routes, requests and answers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { jsonOf, startTestServer, type TestServer } from './test-server.ts';

interface Content {
  readonly schema?: object;
  readonly examples?: Readonly<Record<string, { readonly value: Record<string, unknown> }>>;
}
interface Response {
  readonly content: Readonly<Record<string, Content>>;
}
interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: { readonly 'application/json': Content } };
  readonly responses: Readonly<Record<string, Response>> & { readonly default: Response };
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

const key = 'correct-horse-battery';
const withKey = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
let test: TestServer;
let document: Document;
let operations: (readonly [method: string, path: string, operation: Operation])[];

beforeAll(async () => {
  test = await startTestServer(['counts', 'runs-one'], { apiKeys: [{ name: 'a', secret: new Secret(key) }] });
  writeFileSync(join(test.folder, 'models/test/runs-one/modules.json'), '[]'); // It embeds.
  document = (await jsonOf(fetch(`${test.server.apiUrl}/openapi.json`))) as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method.toUpperCase(), path, operation] as const),
  );
});
afterAll(async () => test[Symbol.asyncDispose]());

/** Why `value` is none of `schema`, or null. Formats and keywords that only inform are left alone. */
function problemOf(schema: object, value: unknown): string | null {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components: document.components });
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

/** Ollama's routes that only refuse, and the one that only says that a server is here. */
const untold = new Set([
  'HEAD /',
  ...['pull', 'push', 'create', 'copy'].map((name) => `POST /api/${name}`),
  'DELETE /api/delete',
]);
/** Examples name the starter, or no model; here there are others. */
const embedding = new Set(['/v1/embeddings', '/v1/rerank', '/api/embed', '/api/embeddings']);
const modelFor = (path: string): string => (embedding.has(path) ? 'test/runs-one' : 'test/counts');

describe('the document of the API', () => {
  it('has every route of the main port that has something to give, and no other', () => {
    const registered = test.server.api.registeredRoutes
      .map(({ method, url }) => `${method} ${url.replace('*', '{id}').replace(/:(\w+)/g, '{$1}')}`)
      .filter((route) => !untold.has(route));
    expect(operations.map(([method, path]) => `${method} ${path}`).sort()).toEqual(registered.sort());
    expect(new Set(operations.map(([, , { operationId }]) => operationId)).size).toBe(operations.length);
  });

  it('says of each whether it needs a key', async () => {
    for (const [method, path, { security }] of operations) {
      const { status } = await fetch(test.server.apiUrl + path.replace(/\{\w+\}/, 'page.js'), { method });
      expect([path, status === 401], path).toEqual([path, security === undefined]);
    }
  });

  it('gives requests that fit its schemas, work, and are answered as it says', async () => {
    let tried = 0;
    for (const [method, path, { requestBody, responses }] of operations) {
      for (const { value } of Object.values(requestBody?.content['application/json'].examples ?? {})) {
        tried += 1;
        expect(problemOf(requestBody!.content['application/json'].schema!, value)).toBeNull();
        const answer = await fetch(test.server.apiUrl + path, {
          method,
          headers: withKey,
          body: JSON.stringify({ ...value, model: modelFor(path) }),
        });
        const [type = ''] = answer.headers.get('content-type')!.split(';');
        expect([answer.status, Object.keys(responses[200]!.content)], path).toEqual([
          200,
          expect.arrayContaining([type]),
        ]);
        const text = await answer.text();
        const { schema } = responses[200]!.content[type]!;
        if (schema !== undefined) expect(problemOf(schema, JSON.parse(text)), path).toBeNull();
      }
    }
    expect(tried).toBeGreaterThan(5);
  });

  it('tells what every GET route and every refusal looks like', async () => {
    for (const [method, path, { responses }] of operations.filter(([name]) => name === 'GET')) {
      const url = test.server.apiUrl + path.replace('{id}', 'test/counts').replace('{file}', 'page.css');
      const answer = await fetch(url, { method, headers: withKey });
      const [type = ''] = answer.headers.get('content-type')!.split(';');
      const { schema } = responses[answer.status]!.content[type]!;
      if (schema !== undefined) expect(problemOf(schema, await answer.json()), path).toBeNull();
    }
    for (const [, path, { responses }] of operations) {
      const answer = await fetch(test.server.apiUrl + path, { method: 'PUT', headers: withKey });
      const schema = responses.default.content['application/json']!.schema!;
      expect(problemOf(schema, await answer.json()), path).toBeNull();
    }
  });

  it('names no limit that the server does not have', async () => {
    const chat = document.paths['/v1/chat/completions']!.post!.requestBody!.content['application/json'].schema!;
    const messages = [{ role: 'user', content: 'tokens=1' }];
    const wrong: object[] = [
      {},
      { messages: [] },
      { messages, temperature: 3 },
      { messages, top_p: 0 },
      { messages, n: 0 },
      { messages, n: 129 },
      { messages, stop: ['a', 'b', 'c', 'd', 'e'] },
      { messages, logit_bias: { x: 1 } },
      { messages: [{ role: 'nobody', content: 'x' }] },
      { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    ];
    for (const body of wrong) {
      const answer = await fetch(`${test.server.apiUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: withKey,
        body: JSON.stringify(body),
      });
      expect([answer.status, problemOf(chat, body) === null], JSON.stringify(body)).toEqual([400, false]);
    }
  });
});

describe('the page of the API', () => {
  it('and all that it is made of come from this server, without a key, under a strict policy', async () => {
    const page = await fetch(`${test.server.apiUrl}/docs`);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await page.text();
    expect(html).not.toMatch(/<script>|<style>| style=| on\w+=/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) {
      expect(link).toMatch(/^\//);
      const file = await fetch(test.server.apiUrl + link, { headers: { 'sec-fetch-site': 'same-origin' } });
      expect([link, file.status]).toEqual([link, 200]);
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });

  it('has nothing beside it', async () => {
    for (const name of ['index.html', 'swagger-ui.js', '..%2fpackage.json', 'package.json', '%2e%2e%2fdocs'])
      expect((await fetch(`${test.server.apiUrl}/docs/${name}`, { headers: withKey })).status).toBe(404);
  });

  it('may send the requests of its forms: same origin, with the key that it was given', async () => {
    const headers = { ...withKey, origin: test.server.apiUrl, 'sec-fetch-site': 'same-origin' };
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'tokens=1' }] });
    const answer = await fetch(`${test.server.apiUrl}/v1/chat/completions`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
  });
});
