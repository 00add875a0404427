// Where responses are kept: a file of the state directory, else memory.
import { join } from 'node:path';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import type { KeptResponsesParts } from '../gateway/index.ts';
import { openResponseStore } from '../store/index.ts';
import { identifyProcess } from '../workers/index.ts';
import { stateDirectoryOf } from './open-registry.ts';

export async function openResponses(stateDir: string, emit: EmitServerEvent): Promise<KeptResponsesParts> {
  const directory = stateDirectoryOf(stateDir);
  const store = openResponseStore({
    file: directory.kind === 'ready' ? join(directory.path, 'responses.db') : null,
    clock: systemClock,
    onProblem: (detail) => emit({ type: 'store-problem', detail }),
  });
  return { store, owner: (await nameOf(process.pid)) ?? `${process.pid}`, isAlive };
}

/** A process as no later one with its pid is called. */
async function nameOf(pid: number): Promise<string | undefined> {
  const identity = await identifyProcess(pid);
  return identity && `${identity.pid} ${identity.startTime}`;
}

const isAlive = async (owner: string): Promise<boolean> => (await nameOf(Number.parseInt(owner, 10))) === owner;
