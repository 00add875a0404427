// The routes that answer without a key, all of them. They tell no more than that the server lives, its version, and what
// everybody can read in its source: the document of the API, and the page for it, which asks for a key itself.

const openRoutes: ReadonlySet<string> = new Set([
  'GET /health',
  'GET /ready',
  'GET /version',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/:file',
]);

/** `url` is the route as it was registered, undefined where none matched. */
export const isOpenRoute = (method: string, url: string | undefined): boolean => openRoutes.has(`${method} ${url}`);
