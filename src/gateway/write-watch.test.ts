import { describe, expect, it } from 'vitest';
import { createWriteWatch } from './write-watch.ts';

function start() {
  const time = { nowMs: 0 };
  const state = { waiting: 0, left: 0, closed: 0 };
  const watch = createWriteWatch({ clock: { monotonicMs: () => time.nowMs, wallMs: () => 0 }, stallMs: 30_000 });
  const remove = watch.add({
    waiting: () => state.waiting,
    left: () => state.left,
    close: () => {
      state.closed += 1;
    },
  });
  /** Lets `seconds` go by, looking once each. */
  const pass = (seconds: number): void => {
    for (let n = 0; n < seconds; n += 1) {
      time.nowMs += 1000;
      watch.check();
    }
  };
  return { state, watch, remove, pass };
}

describe('a client that does not read', () => {
  it('is closed after the stall, once', () => {
    const { state, pass } = start();
    pass(5);
    state.waiting = 16_384;
    pass(29);
    expect(state.closed).toBe(0);
    pass(60);
    expect(state.closed).toBe(1);
  });

  it('is left alone when it goes on after 29 s, or reads slowly all the time', () => {
    const { state, pass } = start();
    state.waiting = 16_384;
    for (let n = 0; n < 20; n += 1) {
      pass(29);
      state.left += 1;
    }
    expect(state.closed).toBe(0);
  });

  it('is left alone while nothing waits for it', () => {
    const { state, pass } = start();
    pass(3600);
    state.waiting = 1;
    pass(29);
    expect(state.closed).toBe(0);
  });

  it('is forgotten with its answer', () => {
    const { state, remove, pass } = start();
    state.waiting = 1;
    remove();
    pass(100);
    expect(state.closed).toBe(0);
  });
});
