// The client, in a process of its own: carries out commands from the bench program and tells back what it saw.
import type { Command, Outcome, Reply } from './orders.ts';
import { streamRequest } from './stream-request.ts';

async function carryOut({ id, bursts }: Command): Promise<Reply> {
  const outcomes: Outcome[][] = [];
  try {
    for (const burst of bursts) outcomes.push(await Promise.all(burst.map(streamRequest)));
    return { id, outcomes };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (command: Command) => {
  void carryOut(command).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
