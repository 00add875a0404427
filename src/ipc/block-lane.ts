// Bulk bytes beside the pipe: bodies over 64 KiB go through shared blocks, both ways, and inline whenever that fails.
// Keeps the order of messages. Knows nothing of what they mean.
import { crc32 } from 'node:zlib';
import type { BlockFrame } from './block-frame.ts';
import type { Body } from './body.ts';
import { WorkerCommunicationError } from './communication-error.ts';
import { ProtocolError } from './protocol-error.ts';
import { openSharedMemory, type SharedMemory } from './shared-memory.ts';

/** Longer bodies are worth a block. */
export const blockThresholdBytes = 64 * 1024;

export interface BlockLaneOptions {
  /** Writes one of the lane's own frames. */
  readonly write: (frame: BlockFrame) => void;
  /** Takes bodies that came by block or in place of one. */
  readonly deliver: (body: Uint8Array) => void;
  /** The first time that a block could not be made or read; its bytes go inline. Names no block. */
  readonly onFailure: (error: WorkerCommunicationError) => void;
  readonly openMemory?: (() => SharedMemory) | undefined;
}

interface Lent {
  readonly name: string;
  readonly body: Body;
}

export class BlockLane {
  readonly #options: BlockLaneOptions;
  #memory: SharedMemory | undefined;
  #free: string[] = [];
  readonly #lent = new Map<number, Lent>();
  #nextNumber = 0;
  #hasFailed = false;
  /** The number of the refused block whose bytes are awaited. */
  #awaited: number | undefined;

  constructor(options: BlockLaneOptions) {
    this.#options = options;
  }

  /** From here on blocks may be made, under these names, each again once its last block was read. */
  use(names: readonly string[]): void {
    this.#free.push(...names);
  }

  /** True while what follows must wait for the bytes of a refused block. */
  get holding(): boolean {
    return this.#awaited !== undefined;
  }

  /** Puts `body` into a block and announces it; false when it has to go inline. */
  offer(body: Body): boolean {
    if (body.length <= blockThresholdBytes) return false;
    const name = this.#free.pop();
    if (name === undefined) return false;
    try {
      this.#sharedMemory().create(name, body);
    } catch (error) {
      this.#failed(error);
      this.#free.unshift(name); // Somebody may have taken this one: the others come first.
      return false;
    }
    const number = this.#nextNumber;
    this.#nextNumber = (number + 1) % 2 ** 32;
    this.#lent.set(number, { name, body });
    this.#options.write({ type: 'block', number, name, length: body.length, checksum: checksumOf(body) });
    return true;
  }

  /** @throws ProtocolError */
  receive(frame: BlockFrame): void {
    switch (frame.type) {
      case 'block-names':
        this.use(frame.names);
        break;
      case 'block':
        this.#take(frame);
        break;
      case 'block-taken':
        this.#free.push(this.#handBack(frame.number).name);
        break;
      case 'block-refused': {
        const { name, body } = this.#handBack(frame.number);
        this.#memory?.remove(name);
        this.#free.unshift(name);
        this.#options.write({ type: 'block-inline', number: frame.number, body: Buffer.concat(body.segments) });
        break;
      }
      case 'block-inline':
        if (frame.number !== this.#awaited) throw new ProtocolError('bytes of a block that was not refused');
        this.#awaited = undefined;
        this.#options.deliver(frame.body);
        break;
      default:
        frame satisfies never;
    }
  }

  /** Takes the names of unread blocks away. */
  close(): void {
    for (const { name } of this.#lent.values()) this.#memory?.remove(name);
    this.#lent.clear();
    this.#free = [];
  }

  #take({ number, name, length, checksum }: Extract<BlockFrame, { type: 'block' }>): void {
    let body: Buffer;
    try {
      body = this.#sharedMemory().take(name, length);
      if (crc32(body) !== checksum) throw new WorkerCommunicationError('a block holds other bytes than announced');
    } catch (error) {
      this.#failed(error);
      this.#awaited = number;
      this.#options.write({ type: 'block-refused', number });
      return;
    }
    this.#options.write({ type: 'block-taken', number });
    this.#options.deliver(body);
  }

  #handBack(number: number): Lent {
    const lent = this.#lent.get(number);
    if (lent === undefined) throw new ProtocolError('an answer about a block that was not announced');
    this.#lent.delete(number);
    return lent;
  }

  #sharedMemory(): SharedMemory {
    this.#memory ??= (this.#options.openMemory ?? openSharedMemory)();
    return this.#memory;
  }

  #failed(error: unknown): void {
    if (!(error instanceof WorkerCommunicationError)) throw error;
    if (!this.#hasFailed) this.#options.onFailure(error);
    this.#hasFailed = true;
  }
}

const checksumOf = ({ segments }: Body): number => segments.reduce((sum, segment) => crc32(segment, sum), 0);
