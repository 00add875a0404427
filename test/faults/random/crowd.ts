// Eight clients that ask one thing after another, whatever happens, and note what they got.
import { type Answer, type Asked, ask } from '../harness/client.ts';
import { llama, mlx } from '../harness/server.ts';
import { type Order, orderOf, type References } from './orders.ts';
import { type Kill, type ModelName, models } from './plan.ts';

/** An answer that has not ended after this is taken for a hang. */
const patienceMs = 240_000;

export interface Strike {
  readonly kill: Kill;
  /** Characters of the answer that had come when the signal was sent. */
  readonly textLength: number;
}

const crowding: Partial<Record<ModelName, { readonly most: number; readonly mostInFocus: number }>> = {
  [mlx]: { most: 1, mostInFocus: 3 },
  [llama]: { most: 2, mostInFocus: 4 },
};

/** A request on its way. */
export interface Flight {
  readonly order: Order;
  readonly strikes: Strike[];
  pieces: number;
  text: string;
  hung: boolean;
  readonly landed: Promise<Answer>;
}

export interface CrowdOptions {
  readonly port: number;
  readonly clients: number;
  readonly seed: number;
  readonly references: References;
  readonly onLanded: (flight: Flight, answer: Answer) => void;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #flights = new Set<Flight>();
  readonly #closed = new Set<ModelName>();
  readonly #clients: Promise<void>[];
  #nextNumber = 0;
  #stopped = false;
  focus: ModelName | undefined;
  /** Hears of every piece of text, in the moment in which it comes. */
  onPiece: (flight: Flight) => void = () => {};

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, () => this.#client());
  }

  on(model: ModelName): readonly Flight[] {
    return [...this.#flights].filter(({ order }) => order.model === model);
  }

  /** No new requests for `model` until it is opened again. */
  close(model: ModelName): void {
    this.#closed.add(model);
  }

  open(model: ModelName): void {
    this.#closed.delete(model);
  }

  /** Lets every request land. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #client(): Promise<void> {
    while (!this.#stopped) {
      const { seed, references } = this.#options;
      this.#nextNumber += 1;
      const closed = new Set(models.filter((model) => this.#closed.has(model) || this.#isCrowded(model)));
      const number = this.#nextNumber;
      await this.#serve(orderOf({ seed, number, references, focus: this.focus, closed }));
    }
  }

  /** Not all clients may wait for a slow model at once, or nobody would be there for the others. */
  #isCrowded(model: ModelName): boolean {
    const { most, mostInFocus } = crowding[model] ?? { most: Infinity, mostInFocus: Infinity };
    return this.on(model).length >= (this.focus === model ? mostInFocus : most);
  }

  async #serve(order: Order): Promise<void> {
    const { port, onLanded } = this.#options;
    const { model, content, more, stream, leaves } = order;
    const asked: Asked = ask({
      port,
      model,
      content,
      more,
      stream,
      onPiece: (pieces, text) => {
        flight.pieces = pieces;
        flight.text = text;
        this.onPiece(flight);
        if (leaves !== undefined && pieces === leaves.afterPieces) asked.leave(leaves.how);
      },
    });
    const flight: Flight = { order, strikes: [], pieces: 0, text: '', hung: false, landed: asked.answer };
    this.#flights.add(flight);
    const impatience = setTimeout(() => {
      flight.hung = true;
      asked.leave('fin');
    }, patienceMs);
    const leaving =
      leaves !== undefined && !stream ? setTimeout(() => asked.leave(leaves.how), leaves.afterMs) : undefined;
    const answer = await asked.answer;
    clearTimeout(impatience);
    clearTimeout(leaving);
    this.#flights.delete(flight);
    onLanded(flight, answer);
  }
}
