// The routes that answer without a key, all of them. They tell no more than that the server lives, and its version.

const openRoutes: ReadonlySet<string> = new Set(['GET /health', 'GET /ready', 'GET /version']);

/** `url` is the route as it was registered, undefined where none matched. */
export const isOpenRoute = (method: string, url: string | undefined): boolean => openRoutes.has(`${method} ${url}`);
