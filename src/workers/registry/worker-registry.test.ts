import { expect, it } from 'vitest';
import { drawBlockNames } from '../../ipc/index.ts';
import { formatRegistry, parseRegistry, type Servers } from './registry-document.ts';
import type { RegistryStore, UpdateOutcome } from './registry-store.ts';
import { openWorkerRegistry, type WorkerRegistry } from './worker-registry.ts';

const mark = '0123456789abcdef'.repeat(2);
const block = (letter: string): string => `mlx-${letter.repeat(32)}`;
const drawn = drawBlockNames();
const worker = (id: string) => ({
  id,
  pid: process.pid,
  model: 'test/model',
  engine: 'llama',
  mark,
  blocks: [block(id[0]!), ...drawn.own],
});

interface MemoryStore extends RegistryStore {
  servers: Servers;
  writes: number;
  failure: string | null;
}

/** A store in memory that goes through the file's form, counts writes and fails as told. */
function createStore(): MemoryStore {
  const store: MemoryStore = {
    stateDir: '/state',
    servers: {},
    writes: 0,
    failure: null,
    read: async () => ({ kind: 'read', servers: store.servers }),
    async update(change: (servers: Servers) => Servers): Promise<UpdateOutcome> {
      await Promise.resolve();
      if (store.failure !== null) return { kind: 'failed', reason: store.failure };
      store.writes += 1;
      store.servers = parseRegistry(Buffer.from(formatRegistry(change(store.servers))));
      return { kind: 'done' };
    },
  };
  return store;
}

async function open(store: RegistryStore | null): Promise<{ registry: WorkerRegistry; problems: string[] }> {
  const problems: string[] = [];
  const onProblem = (reason: string): void => void problems.push(reason);
  return { registry: await openWorkerRegistry({ store, serverId: 'me', onProblem }), problems };
}

it('keeps its own entry, and leaves those of others as they are', async () => {
  const store = createStore();
  const other = { pid: 99, startTime: 'x', workers: [] };
  store.servers = { other };
  const { registry } = await open(store);
  await registry.record(worker('a'));
  await registry.record(worker('b'));
  await registry.forget('b');
  expect(store.servers).toMatchObject({
    other,
    me: {
      pid: process.pid,
      workers: [{ id: 'a', title: 'mlx-server-v3-a', mark, blocks: [block('a'), ...drawn.own] }],
    },
  });
  await registry.close();
  expect(store.servers).toEqual({ other });
});

it('writes once for all that changed while it was writing', async () => {
  const store = createStore();
  const { registry } = await open(store);
  const ids = Array.from({ length: 20 }, (_, index) => `w${index}`);
  await Promise.all(ids.map((id) => registry.record(worker(id))));
  expect(store.servers.me!.workers).toHaveLength(20);
  expect(store.writes).toBeLessThanOrEqual(3);
  const before = store.writes;
  await registry.forget('unknown');
  expect(store.writes).toBe(before);
});

it('tells of a failure once, goes on, and catches up with the next change', async () => {
  const store = createStore();
  const { registry, problems } = await open(store);
  store.failure = 'ENOSPC';
  await registry.record(worker('a'));
  await registry.record(worker('b'));
  expect([problems, registry.problem]).toEqual([['ENOSPC'], 'ENOSPC']);
  store.failure = null;
  await registry.forget('b');
  expect(registry.problem).toBeNull();
  expect(store.servers.me!.workers).toMatchObject([{ id: 'a' }]);
});

it('keeps nothing, and fails at nothing, where there is no store', async () => {
  const { registry, problems } = await open(null);
  await registry.record(worker('a'));
  await registry.close();
  expect(problems).toEqual([]);
  expect(registry.problem).toBe('there is no state directory');
  expect(registry.environment(mark)).toMatchObject({ MLX_WORKER_MARK: mark });
});

it('records no worker that is gone already, and none after the end', async () => {
  const store = createStore();
  const { registry } = await open(store);
  await registry.record({ ...worker('gone'), pid: 2 ** 31 - 1 });
  expect(store.servers.me!.workers).toEqual([]);
  await registry.close();
  await registry.record(worker('late'));
  expect(store.servers).toEqual({});
});
