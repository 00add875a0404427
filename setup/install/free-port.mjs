// Ports that nobody listens on: the one that is asked for, else any.
import { createServer } from 'node:net';

export async function freePort(host, wanted) {
  return (await tryPort(host, wanted)) ?? (await tryPort(host, 0)) ?? wanted;
}

/** The port that could be had; undefined when it is in use or not allowed. */
const tryPort = (host, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const { port: found } = server.address();
      server.close(() => resolve(found));
    });
  });
