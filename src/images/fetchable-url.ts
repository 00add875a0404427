// Which URLs may be fetched at all, judged before any name is resolved. Every redirect is judged again.
import { refused } from './image-problem.ts';

const lowestOpenPort = 1024;

/** @throws ImageProblem */
export function requireFetchable(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('is at a URL that is not http or https');
  if (url.username !== '' || url.password !== '') throw refused('is at a URL with a user name or password');
  const port = Number(url.port === '' ? 443 : url.port);
  if (port !== 80 && port !== 443 && port < lowestOpenPort) {
    throw refused(`is at port ${port}; allowed are 80, 443 and those from ${lowestOpenPort}`);
  }
}
