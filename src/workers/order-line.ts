// Orders for a worker that can run only so many at once: the rest wait here, in order, and not where their silence would
// look like a hang. A paused sequence takes no place, and needs one again to go on.

export class OrderLine {
  /** What sends each order, once there is a place for it. */
  readonly #waiting = new Map<string, () => void>();
  /** In the worker's batch, or about to join it. */
  readonly #sent = new Set<string>();
  /** Kept by the worker outside its batch. */
  readonly #held = new Set<string>();
  /** Set once the worker has said how many sequences it can run. */
  capacity = Number.POSITIVE_INFINITY;

  submit(id: string, send: () => void): void {
    this.#waiting.set(id, send);
    this.advance();
  }

  /** Takes an order that was not sent yet out of the line; undefined when it is not there. */
  withdraw(id: string): (() => void) | undefined {
    const send = this.#waiting.get(id);
    this.#waiting.delete(id);
    return send;
  }

  /** The worker has taken the sequence out of its batch; its place is free. */
  hold(id: string): void {
    if (!this.#sent.delete(id)) return;
    this.#held.add(id);
    this.advance();
  }

  isHeld(id: string): boolean {
    return this.#held.has(id);
  }

  /** The order has ended, or nobody wants it any more: its place is free for `advance`. True when the worker knows of it. */
  remove(id: string): boolean {
    this.#waiting.delete(id);
    return this.#held.delete(id) || this.#sent.delete(id);
  }

  /** Sends those for whom there is a place. */
  advance(): void {
    for (const [id, send] of this.#waiting) {
      if (this.#sent.size >= this.capacity) return;
      this.#waiting.delete(id);
      this.#held.delete(id);
      this.#sent.add(id);
      send();
    }
  }
}
