// The bench program's end of the client process.
import { fork } from 'node:child_process';
import type { Command, Order, Outcome, Reply } from './orders.ts';
import { harnessProgram } from './paths.ts';

export interface Client extends AsyncDisposable {
  readonly pid: number;
  /** The orders go out together; their outcomes in the same order. */
  burst(orders: readonly Order[]): Promise<readonly Outcome[]>;
  /** One order after another without a pause. */
  chain(orders: readonly Order[]): Promise<readonly Outcome[]>;
}

export function startClient(): Client {
  const child = fork(harnessProgram('client-process'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  let commands = 0;
  child.on('message', (reply: Reply) => {
    waiting.get(reply.id)?.resolve(reply);
    waiting.delete(reply.id);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`the client process exited with code ${code}`));
      resolve();
    });
  });

  const carryOut = async (bursts: readonly (readonly Order[])[]): Promise<readonly (readonly Outcome[])[]> => {
    commands += 1;
    const command: Command = { id: commands, bursts };
    const reply = await new Promise<Reply>((resolve, reject) => {
      waiting.set(command.id, { resolve, reject });
      child.send(command);
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply.outcomes;
  };

  return {
    pid: child.pid ?? -1,
    burst: async (orders) => (await carryOut([orders]))[0] ?? [],
    chain: async (orders) => (await carryOut(orders.map((order) => [order]))).flat(),
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await exited;
    },
  };
}
