import { expect, it } from 'vitest';
import { createPauseGate } from './pause-gate.ts';

function gate() {
  const log: string[] = [];
  const subject = createPauseGate(() => log.push('left'));
  const sequence = { pause: () => void log.push('pause'), continue: () => void log.push('continue') };
  const { signal } = new AbortController();
  return { subject, log, sequence, signal };
}

it('a sequence in a worker is asked to leave, and has left only when the worker says so', () => {
  const { subject, log, sequence } = gate();
  subject.enter(sequence);
  subject.pause();
  expect([log, subject.isPaused]).toEqual([['pause'], false]);
  subject.left();
  subject.resume();
  expect([log, subject.isPaused]).toEqual([['pause', 'left', 'continue'], false]);
});

it('a generation that is in no worker yet has left at once, and waits for its slot', async () => {
  const { subject, log, signal } = gate();
  subject.pause();
  expect(log).toEqual(['left']);
  const passed = subject.passed(signal).then(() => log.push('passed'));
  subject.resume();
  await passed;
  expect(log).toEqual(['left', 'passed']);
});

it('a sequence whose worker ends while it is asked to leave has left with it', async () => {
  const { subject, log, sequence, signal } = gate();
  const gone = subject.enter(sequence);
  subject.pause();
  gone();
  const passed = subject.passed(signal);
  expect([log, subject.isPaused]).toEqual([['pause', 'left'], true]);
  subject.resume();
  await passed;
  expect(log).toEqual(['pause', 'left']);
});

it('who leaves while paused waits no longer', async () => {
  const { subject } = gate();
  const leaving = new AbortController();
  subject.pause();
  const passed = subject.passed(leaving.signal);
  leaving.abort(new Error('the client left'));
  await expect(passed).rejects.toThrow('the client left');
});

it('a word that nobody asked for changes nothing', () => {
  const { subject, log } = gate();
  subject.left();
  expect([log, subject.isPaused]).toEqual([[], false]);
});
