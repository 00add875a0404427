// How many generations a lane finishes in a second, of the time in which it ran any; and what that means for one refused.

const maxMarks = 33;
const windowMs = 60_000;
const unknownSeconds = 5;
const maxSeconds = 60;

export class Throughput {
  #busyBeforeMs = 0;
  #busySinceMs: number | undefined;
  /** Busy time at the beginning and at the last releases. */
  readonly #marks: number[] = [0];

  /** The lane runs something from here on; told again, it changes nothing. */
  began(nowMs: number): void {
    this.#busySinceMs ??= nowMs;
  }

  released(nowMs: number): void {
    this.#marks.push(this.#busyMs(nowMs));
    if (this.#marks.length > maxMarks) this.#marks.shift();
  }

  /** The lane runs nothing any more. */
  rested(nowMs: number): void {
    this.#busyBeforeMs = this.#busyMs(nowMs);
    this.#busySinceMs = undefined;
  }

  /** Seconds in which `count` generations will be done, 1 to 60: at the rate of the last minute and the last 32 releases. */
  secondsFor(count: number, nowMs: number): number {
    const busyMs = this.#busyMs(nowMs);
    while (this.#marks.length > 2 && this.#marks[1]! < busyMs - windowMs) this.#marks.shift();
    const releases = this.#marks.length - 1;
    if (releases === 0) return unknownSeconds;
    const seconds = (count * (busyMs - this.#marks[0]!)) / releases / 1000;
    return Math.min(maxSeconds, Math.max(1, Math.ceil(seconds)));
  }

  #busyMs(nowMs: number): number {
    return this.#busyBeforeMs + (this.#busySinceMs === undefined ? 0 : nowMs - this.#busySinceMs);
  }
}
