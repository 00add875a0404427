// Places in line and models in memory, brought together: a slot is a turn of the one and a use of the other.
import { type Clock, type EmitServerEvent, type Generation, shuttingDown } from '../core/index.ts';
import type { Model } from '../models/index.ts';
import type { LoadedWorker, LoadPurpose } from '../workers/index.ts';
import { LoadedModels, type LoadedModelsOptions, type LoadedModelView } from './loaded-models.ts';
import type { PauseGate } from './pause-gate.ts';
import { WaitingRoom, type WaitingRoomOptions } from './waiting-room.ts';

export interface FleetOptions extends LoadedModelsOptions, WaitingRoomOptions {
  readonly clock: Clock;
  readonly emit: EmitServerEvent;
}

/** A place among the running requests of a model. Held through recovery, given back once. */
export interface Slot {
  readonly queueWaitMs: number;
  /** Passed before each worker: the place may have been lent to another. */
  readonly gate: PauseGate;
  /** The model's worker, started if need be. */
  worker(signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker>;
  release(): void;
}

/** Who asks for a slot, and until when. */
export interface SlotRequest {
  /** Holder of a key, else an address: within a priority, they take turns. */
  readonly client: string;
  readonly signal: AbortSignal;
}

export class Fleet {
  readonly #emit: EmitServerEvent;
  readonly #room: WaitingRoom;
  readonly #models: LoadedModels;
  #draining = false;

  constructor(options: FleetOptions) {
    this.#emit = options.emit;
    this.#room = new WaitingRoom(options);
    this.#models = new LoadedModels(options);
  }

  get queueDepth(): number {
    return this.#room.depth;
  }

  /** Whether any request runs, is paused or waits. */
  get busy(): boolean {
    return this.#room.depth > 0 || this.#models.inUse;
  }

  /** Reasons why new work would be refused just now; empty when it would not. */
  get unready(): readonly string[] {
    return [...(this.#draining ? ['draining'] : []), ...(this.#room.full ? ['queue full'] : [])];
  }

  /** Bytes that are set aside or held, whichever is more, by all models together. */
  get memoryHeldBytes(): number {
    return this.#models.memoryHeldBytes;
  }

  snapshots(): readonly LoadedModelView[] {
    return this.#models.snapshots();
  }

  /** What `modelId`, loaded with a context that nobody ordered, was made for; else null. */
  ownContextOf(modelId: string): number | null {
    return this.snapshots().find(({ model }) => model === modelId)?.ownContextLength ?? null;
  }

  /** A slot for `generation`, at once or when its turn comes. Throws queue_full, queue_timeout, shutting_down. */
  async slot(
    model: Model,
    { id, priority }: Pick<Generation, 'id' | 'priority'>,
    { client, signal }: SlotRequest,
  ): Promise<Slot> {
    if (this.#draining) throw shuttingDown();
    const place = await this.#room.enter({ requestId: id, model: model.id, priority }, client, signal);
    const inUse = this.#models.takeUp(model);
    let held = true;
    return {
      queueWaitMs: place.queueWaitMs,
      gate: place.gate,
      worker: async (workerSignal, purpose) => this.#shaped(model, await inUse.worker(workerSignal, purpose)),
      release: () => {
        if (!held) return;
        held = false;
        place.leave();
        inUse.letGo();
        this.#emit({ type: 'generation-released', requestId: id, model: model.id });
      },
    };
  }

  /** Loads `model` ahead of any request. */
  async load(model: Model, signal: AbortSignal): Promise<LoadedWorker> {
    return this.#shaped(model, await this.#models.load(model, signal));
  }

  /** Ends the worker of `modelId`, or every worker when undefined; the models that were loaded. */
  async unload(modelId: string | undefined): Promise<readonly string[]> {
    return this.#models.unload(modelId);
  }

  /** The limits have changed: models without work are kept as long as these say, counted from their last use. */
  limitsChanged(): void {
    this.#models.limitsChanged();
  }

  /** Refuses new work from here on. */
  drain(): void {
    this.#draining = true;
    this.#models.keepIdle();
  }

  /** Ends every worker and waits until all are gone. */
  async stopAll(graceMs?: number): Promise<void> {
    this.#draining = true;
    this.#room.stop();
    await this.#models.stopAll(graceMs);
  }

  /** Only a loaded worker knows how much it can run, and how many it can pause. */
  #shaped({ id }: Model, loaded: LoadedWorker): LoadedWorker {
    const { sequences, pausable } = loaded.ready;
    this.#room.shape(id, { slots: sequences, pausable });
    return loaded;
  }
}
