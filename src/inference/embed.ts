// Texts → vectors, by a model that was made for it. A request holds a place like any other; it is asked in pieces, so that
// none keeps a worker silent for long.
import { type Priority, ServerError, shuttingDown } from '../core/index.ts';
import type { Catalogue } from '../models/index.ts';
import { WorkerLost, WorkerTimeoutError } from '../workers/index.ts';
import type { Fleet, Slot } from './fleet.ts';

export type EmbeddingInput = string | readonly number[];

export interface EmbedRequest {
  readonly requestId: string;
  readonly priority: Priority;
  /** Holder of a key, else an address. */
  readonly client: string;
  readonly signal: AbortSignal;
}

export interface Embedded {
  readonly model: string;
  /** One an input, in order. */
  readonly vectors: readonly Float32Array[];
  readonly promptTokens: number;
}

export type Embed = (
  model: string | undefined,
  inputs: readonly EmbeddingInput[],
  request: EmbedRequest,
) => Promise<Embedded>;

const inputsAtOnce = 16;

/** Throws ServerError, or `signal.reason` once the caller left. */
export const createEmbed =
  ({ catalogue, fleet }: { readonly catalogue: Catalogue; readonly fleet: Fleet }): Embed =>
  async (name, inputs, { requestId: id, priority, client, signal }) => {
    const model = await catalogue.resolve(name);
    if (!model.embeds) {
      throw new ServerError('model_unsupported', `${model.id} is no embedding model.`, { param: 'model' });
    }
    const slot = await fleet.slot(model, { id, priority }, { client, signal });
    try {
      const vectors: Float32Array[] = [];
      let promptTokens = 0;
      for (let from = 0; from < inputs.length; from += inputsAtOnce) {
        const piece = inputs.slice(from, from + inputsAtOnce).map((one) => (typeof one === 'string' ? one : [...one]));
        const told = await askTwice({ slot, model: model.id, signal }, { id: `${id}-${from}`, inputs: piece });
        vectors.push(...vectorsIn(told.vectors, told.dimensions, piece.length));
        promptTokens += told.tokenCounts.reduce((sum, count) => sum + count, 0);
      }
      return { model: model.id, vectors, promptTokens };
    } finally {
      slot.release();
    }
  };

interface Asking {
  readonly slot: Slot;
  readonly model: string;
  readonly signal: AbortSignal;
}

interface Piece {
  readonly id: string;
  readonly inputs: (string | number[])[];
}

/** A worker that is lost over a piece is replaced, once. */
async function askTwice(asking: Asking, piece: Piece) {
  try {
    return await ask(asking, piece, 'request').catch((error: unknown) => {
      if (!(error instanceof WorkerLost) || error.reason === 'server_exit') throw error;
      return ask(asking, piece, 'recovery');
    });
  } catch (error) {
    if (error instanceof WorkerTimeoutError) {
      throw new ServerError('worker_timeout', `The model ${asking.model} made ${error.message}.`, { cause: error });
    }
    if (!(error instanceof WorkerLost)) throw error;
    if (error.reason === 'server_exit') throw shuttingDown();
    const text = `The worker of ${asking.model} crashed twice while it ran this request.`;
    throw new ServerError('worker_crashed', text, { cause: error });
  }
}

async function ask({ slot, signal }: Asking, { id, inputs }: Piece, purpose: 'request' | 'recovery') {
  const { worker } = await slot.worker(signal, purpose);
  const told = await worker.ask({ type: 'embed', id, inputs }, signal);
  if (told.type === 'embeddings') return told;
  if (told.type !== 'error') throw new Error(`a worker answered embed with ${told.type}`);
  const { code, message, param } = told;
  throw new ServerError(code === 'load_failed' ? 'internal' : code, message, param === null ? {} : { param });
}

function vectorsIn(bytes: Uint8Array, dimensions: number, count: number): Float32Array[] {
  if (bytes.length !== count * dimensions * 4) throw new Error('a worker sent vectors of a wrong length');
  const own = new Uint8Array(bytes).buffer; // A copy: on a boundary of four bytes, and no view of a frame.
  return Array.from({ length: count }, (_, index) => new Float32Array(own, index * dimensions * 4, dimensions));
}
