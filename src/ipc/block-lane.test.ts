import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { BlockFrame } from './block-frame.ts';
import { BlockLane, blockThresholdBytes } from './block-lane.ts';
import { openServerChannel, openWorkerChannel } from './channel.ts';
import { WorkerCommunicationError } from './communication-error.ts';
import { encodeFrame } from './frame.ts';
import type { FromWorker, ToWorker } from './message.ts';
import { ProtocolError } from './protocol-error.ts';
import { openSharedMemory, type SharedMemory } from './shared-memory.ts';

const names = ['a', 'b'].map((letter) => `/mlx-${letter.repeat(25)}${process.pid % 6 === 0 ? '2' : '3'}`);
const bulk = { segments: [Buffer.alloc(blockThresholdBytes + 1, 'x')], length: blockThresholdBytes + 1 };

/** Memory as a map; `fails` says which calls throw, `scribble` changes what is read. */
function pretendMemory(faults: { fails?: 'create' | 'take'; scribble?: boolean } = {}) {
  const blocks = new Map<string, Buffer>();
  const memory: SharedMemory = {
    create(name, { segments }) {
      if (faults.fails === 'create' || blocks.has(name)) throw new WorkerCommunicationError('no room');
      blocks.set(name, Buffer.concat(segments));
    },
    take(name) {
      const bytes = blocks.get(name);
      blocks.delete(name);
      if (faults.fails === 'take' || bytes === undefined) throw new WorkerCommunicationError('not there');
      if (faults.scribble === true) bytes[7] = bytes[7]! ^ 1;
      return bytes;
    },
    remove: (name) => void blocks.delete(name),
  };
  return { memory, blocks };
}

/** Two channels on one pipe pair; everything that they say, in order. */
function connect(ends: { server?: SharedMemory; worker?: SharedMemory }) {
  const down = new PassThrough();
  const up = new PassThrough();
  const heard: (ToWorker | FromWorker)[] = [];
  const failures: string[] = [];
  const errors: string[] = [];
  const handlers = {
    onMessage: (message: ToWorker | FromWorker) => void heard.push(message),
    onClose: (error: Error | null) => error !== null && errors.push(error.message),
    onBlockFailure: (error: WorkerCommunicationError) => void failures.push(error.message),
  };
  const server = openServerChannel({ input: up, output: down, handlers, openMemory: () => ends.server! });
  const worker = openWorkerChannel({ input: down, output: up, handlers, openMemory: () => ends.worker! });
  server.useBlocks({ own: names.slice(0, 1), granted: names.slice(1) });
  return { server, worker, heard, failures, errors, down };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const cancel = (id: string): ToWorker => ({ type: 'cancel', id });
const longError = (letter: string): FromWorker => ({
  type: 'step',
  deltas: [{ id: 'r', tokenIds: [1], text: letter.repeat(blockThresholdBytes) }],
});
const longLoad = (letter: string): ToWorker => ({
  type: 'load',
  protocol: 3,
  workerId: 'w',
  model: letter.repeat(blockThresholdBytes),
  path: '/',
  contextLength: null,
  maxBatch: 1,
  promptCacheBytes: 0,
  decodeStallTargetMs: null,
});

describe('bulk bytes', () => {
  it('go through blocks both ways, and leave none behind', async () => {
    const { memory, blocks } = pretendMemory();
    const { server, worker, heard, down } = connect({ server: memory, worker: memory });
    let piped = 0;
    down.on('data', (chunk: Buffer) => (piped += chunk.length));
    for (const letter of ['a', 'b', 'c']) {
      server.send(longLoad(letter));
      await settle();
      worker.send(longError(letter));
      await settle();
    }
    expect(heard).toEqual(['a', 'b', 'c'].flatMap((letter) => [longLoad(letter), longError(letter)]));
    expect(piped).toBeLessThan(blockThresholdBytes);
    expect(blocks.size).toBe(0);
  });

  it.each([
    ['no block can be made', { server: pretendMemory({ fails: 'create' }).memory, worker: pretendMemory().memory }],
    ['no block can be read', { server: pretendMemory().memory, worker: pretendMemory({ fails: 'take' }).memory }],
  ])('go inline when %s, in order, and it is told once', async (_when, ends) => {
    const { server, heard, failures } = connect(ends);
    const sent = [longLoad('a'), cancel('1'), longLoad('b'), cancel('2'), longLoad('c')];
    for (const message of sent) server.send(message);
    await settle();
    await settle();
    expect(heard).toEqual(sent);
    expect(failures).toHaveLength(1);
    expect(failures[0]).not.toContain('mlx-');
  });

  it('that somebody changed on the way are sent again inline', async () => {
    const { memory, blocks } = pretendMemory({ scribble: true });
    const { server, heard, failures } = connect({ server: memory, worker: memory });
    server.send(longLoad('a'));
    server.send(cancel('1'));
    await settle();
    await settle();
    expect(heard).toEqual([longLoad('a'), cancel('1')]);
    expect(failures).toEqual(['a block holds other bytes than announced']);
    expect(blocks.size).toBe(0);
  });

  it('are inline while all names are in use', async () => {
    const { memory } = pretendMemory();
    const { server, heard, failures } = connect({ server: memory, worker: memory });
    const sent = ['a', 'b', 'c'].map(longLoad);
    for (const message of sent) server.send(message);
    await settle();
    expect(heard).toEqual(sent);
    expect(failures).toEqual([]);
  });

  it('that were never announced end the channel', async () => {
    const { memory } = pretendMemory();
    const { down, errors } = connect({ server: memory, worker: memory });
    down.write(encodeFrame({ type: 'block-inline', number: 3, body: Buffer.from('x') }));
    await settle();
    expect(errors).toEqual(['bytes of a block that was not refused']);
  });

  it('are never spoken of by name in an error', () => {
    const lane = new BlockLane({ write: () => {}, deliver: () => {}, onFailure: () => {} });
    const frame = { type: 'block-taken', number: 1 } satisfies BlockFrame;
    expect(() => lane.receive(frame)).toThrow(ProtocolError);
    expect(() => openSharedMemory().take(names[0]!, 4)).toThrow(/^shm_open failed with errno \d+$/);
  });

  it('not yet read lose their names with the channel', () => {
    const { memory, blocks } = pretendMemory();
    const lane = new BlockLane({ write: () => {}, deliver: () => {}, onFailure: () => {}, openMemory: () => memory });
    lane.use(names);
    expect(lane.offer(bulk)).toBe(true);
    expect(blocks.size).toBe(1);
    lane.close();
    expect(blocks.size).toBe(0);
  });
});
