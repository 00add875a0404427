// The client, in a process of its own: carries out commands from the bench program and tells back what it saw.
import type { Command, Order, Outcome, Reply } from './orders.ts';
import { streamRequest } from './stream-request.ts';

/** All at once, but for those that wait for the first one's tokens. */
function sendBurst([first, ...others]: readonly Order[]): Promise<Outcome[]> {
  if (first === undefined) return Promise.resolve([]);
  const waiting: { tokens: number; resolve: () => void }[] = [];
  const leading = streamRequest(first, (events) => {
    for (const { tokens, resolve } of waiting) if (events >= tokens) resolve();
  });
  const following = others.map(async (order) => {
    const tokens = order.afterTokensOfFirst ?? 0;
    // An answer that ends sooner must not leave the others waiting.
    if (tokens > 0) await Promise.race([leading, new Promise<void>((resolve) => waiting.push({ tokens, resolve }))]);
    return await streamRequest(order);
  });
  return Promise.all([leading, ...following]);
}

async function carryOut({ id, bursts }: Command): Promise<Reply> {
  const outcomes: Outcome[][] = [];
  try {
    for (const burst of bursts) outcomes.push(await sendBurst(burst));
    return { id, outcomes };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (command: Command) => {
  void carryOut(command).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
