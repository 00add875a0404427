import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { dropEchoedSignals } from './echoed-signals.mjs';

function fakeProcess() {
  const target = new EventEmitter();
  const clock = { nowMs: 1000 };
  const seen = [];
  dropEchoedSignals({ target, now: () => clock.nowMs });
  for (const name of ['SIGINT', 'SIGTERM', 'exit']) target.on(name, () => seen.push(name));
  return { target, clock, seen };
}

test('a signal that comes twice within a moment is heard once, a second one later is heard', () => {
  const { target, clock, seen } = fakeProcess();
  target.emit('SIGINT');
  clock.nowMs += 1;
  target.emit('SIGINT');
  expect(seen).toEqual(['SIGINT']);
  clock.nowMs += 1000;
  target.emit('SIGINT');
  expect(seen).toEqual(['SIGINT', 'SIGINT']);
});

test('different signals and other events are never dropped', () => {
  const { target, seen } = fakeProcess();
  for (const name of ['SIGINT', 'SIGTERM', 'exit', 'exit']) target.emit(name);
  expect(seen).toEqual(['SIGINT', 'SIGTERM', 'exit', 'exit']);
});
