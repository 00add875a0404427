// How long GET /health takes while something else goes on.
import { Agent, request } from 'node:http';
import { delay } from './statistics.ts';

/** Milliseconds that GET /health takes on a connection of its own that stays open. */
function healthOf(port: number, agent: Agent): Promise<number> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path: '/health', agent }, (response) => {
      response.resume().once('end', () => resolve(performance.now() - startedMs));
    });
    asked.once('error', reject).end();
  });
}

/** GET /health again and again until `until` says so, a hundred times at least: what each took in ms. */
export async function probe(port: number, until: () => boolean): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const values: number[] = [];
  while (!until() || values.length < 100) {
    values.push(await healthOf(port, agent));
    await delay(5);
  }
  agent.destroy();
  return values;
}
