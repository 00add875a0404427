// Orders for a worker that can run only so many at once: the rest wait here, in order, and not where their silence would
// look like a hang.

export class OrderLine<Order extends { readonly id: string }> {
  readonly #send: (order: Order) => void;
  readonly #waiting = new Map<string, Order>();
  readonly #sent = new Set<string>();
  /** Set once the worker has said how many sequences it can run. */
  capacity = Number.POSITIVE_INFINITY;

  constructor(send: (order: Order) => void) {
    this.#send = send;
  }

  submit(order: Order): void {
    this.#waiting.set(order.id, order);
    this.#advance();
  }

  /** The order has ended, or nobody wants it any more. True when the worker knows of it. */
  remove(id: string): boolean {
    this.#waiting.delete(id);
    const wasSent = this.#sent.delete(id);
    if (wasSent) this.#advance();
    return wasSent;
  }

  #advance(): void {
    for (const [id, order] of this.#waiting) {
      if (this.#sent.size >= this.capacity) return;
      this.#waiting.delete(id);
      this.#sent.add(id);
      this.#send(order);
    }
  }
}
