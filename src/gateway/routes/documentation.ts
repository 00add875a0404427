// GET /openapi.json and /docs: the API as a document, and as a page that tries it out. Everything comes from this server.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../../core/index.ts';
import { openapiDocument } from '../openapi/document.ts';
import { operations } from '../openapi/operations.ts';

/** No script, style or connection but this server's own. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MLX Inference Server: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. <a href="/openapi.json">The document</a> does not.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/page.js"></script>
</body>
</html>
`;

const pageScript = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
});
`;

const pageStyle = `html { box-sizing: border-box; overflow-y: scroll; }
*, *::before, *::after { box-sizing: inherit; }
body { margin: 0; background: #fafafa; }
noscript { display: block; padding: 2rem; font-family: sans-serif; }
`;

/** From the package of Swagger UI, by name: nothing else of it can be asked for. */
const packaged: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['favicon-32x32.png', 'image/png'],
]);
const own: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
  ['page.js', ['text/javascript; charset=utf-8', pageScript]],
  ['page.css', ['text/css; charset=utf-8', pageStyle]],
]);

const require = createRequire(import.meta.url);

const packageFile = (name: string): string =>
  join(dirname(require.resolve('@fastify/swagger-ui/package.json')), 'static', name);

/** Registered last: the document is of the routes that the port has. */
export function documentationRoutes(app: FastifyInstance, { version }: { readonly version: string }): void {
  let document: string | undefined;
  app.get('/openapi.json', async (_, reply) => {
    document ??= JSON.stringify(openapiDocument({ version, routes: app.registeredRoutes, operations }));
    return reply.type('application/json; charset=utf-8').send(document);
  });
  app.get('/docs', async (_, reply) =>
    reply
      .headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' })
      .type('text/html; charset=utf-8')
      .send(page),
  );
  app.get<{ Params: { file: string } }>('/docs/:file', async ({ params: { file } }, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' });
    const written = own.get(file);
    if (written !== undefined) return reply.type(written[0]).send(written[1]);
    const type = packaged.get(file);
    if (type === undefined) throw new ServerError('not_found', 'The page has no such file.');
    return reply
      .type(type)
      .header('cache-control', 'max-age=86400')
      .send(createReadStream(packageFile(file)));
  });
}
