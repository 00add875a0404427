import { describe, expect, it } from 'vitest';
import type { ToWorker } from '../ipc/index.ts';
import { createWorkerSequences, type Order } from './worker-sequences.ts';

const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: 1, repetitionPenalty: 1 };
const penalties = { presencePenalty: 0, frequencyPenalty: 0, logitBias: [] };
const order = (id: string): Order => ({
  id,
  input: { kind: 'text', text: '' },
  sampling: { ...sampling, ...penalties },
  stop: [],
  maxTokens: null,
  topLogprobs: null,
  constraint: null,
  resume: [],
});
const delta = { type: 'token-delta', tokenIds: [1], text: 'a' } as const;

function sequences(capacity = 1) {
  const sent: string[] = [];
  const heard: string[] = [];
  const watched = new Set<string>();
  const send = (message: ToWorker): void => void sent.push(`${message.type} ${'id' in message ? message.id : ''}`);
  const watchdog = { progress: (id: string) => void watched.add(id), forget: (id: string) => void watched.delete(id) };
  const subject = createWorkerSequences(send, watchdog);
  subject.setCapacity(capacity);
  const run = (id: string, more: Partial<Order> = {}) =>
    subject.run(
      { ...order(id), ...more },
      {
        onEvent: ({ type }) => heard.push(`${id} ${type}`),
        onPaused: () => heard.push(`${id} paused`),
        onError: () => heard.push(`${id} error`),
        onLost: () => heard.push(`${id} lost`),
      },
    );
  return { subject, sent, heard, watched, run };
}

describe('a sequence that is to pause', () => {
  it('is watched until it has left the batch, and again from when it goes on', () => {
    const { subject, sent, heard, watched, run } = sequences();
    const a = run('a');
    a.pause();
    expect([...watched]).toEqual(['a']);
    expect(subject.paused('a')).toBe('taken');
    expect([...watched]).toEqual([]);
    a.continue();
    expect([...watched]).toEqual(['a']);
    expect(sent).toEqual(['generate a', 'pause a', 'continue a']);
    expect(heard).toEqual(['a paused']);
  });

  it('is not watched because of a step that came late', () => {
    const { subject, watched, run } = sequences();
    run('a').pause();
    subject.paused('a');
    expect(subject.advance('a', delta)).toBe('taken');
    expect([...watched]).toEqual([]);
  });

  it('leaves its place to the next order, and waits for a place to go on', () => {
    const { subject, sent, run } = sequences();
    const a = run('a');
    const b = run('b');
    a.pause();
    subject.paused('a');
    a.continue();
    expect(sent).toEqual(['generate a', 'pause a', 'generate b']);
    b.cancel();
    expect(sent).toEqual(['generate a', 'pause a', 'generate b', 'cancel b', 'continue a']);
  });

  it('and was not sent yet, is not, until it goes on', () => {
    const { sent, heard, run } = sequences();
    const a = run('a');
    const b = run('b');
    b.pause();
    a.cancel();
    expect([sent, heard]).toEqual([['generate a', 'cancel a'], ['b paused']]);
    b.continue();
    expect(sent).toEqual(['generate a', 'cancel a', 'generate b']);
  });

  it('is cancelled while paused as while it runs', () => {
    const { subject, sent, run } = sequences();
    const a = run('a');
    a.pause();
    subject.paused('a');
    a.cancel();
    a.continue();
    expect(sent).toEqual(['generate a', 'pause a', 'cancel a']);
    expect([subject.size, subject.paused('a')]).toEqual([0, 'dropped']);
  });

  it('may end instead', () => {
    const { subject, sent, heard, run } = sequences();
    const a = run('a');
    a.pause();
    const usage = { promptTokens: 1, cachedTokens: 0, completionTokens: 1 };
    const timings = { prefillMs: 1, decodeMs: 1 };
    subject.finish('a', { type: 'end', id: 'a', finishReason: 'stop', stopSequence: null, usage, timings });
    a.continue();
    expect(subject.paused('a')).toBe('dropped');
    expect([sent, heard]).toEqual([['generate a', 'pause a'], ['a end']]);
  });
});

it('an answer may be cancelled behind the token where it was asked to leave, and nowhere else', () => {
  const { subject, run } = sequences();
  const timings = { prefillMs: 1, decodeMs: 1 };
  const end = (id: string, completionTokens: number) =>
    ({
      type: 'end',
      id,
      finishReason: 'cancelled',
      stopSequence: null,
      usage: { promptTokens: 1, cachedTokens: 0, completionTokens },
      timings,
    }) as const;
  run('a', { breakAfter: 3 });
  run('b', { breakAfter: 3 });
  run('c');
  expect(subject.finish('a', end('a', 3))).toBe('taken');
  expect(subject.finish('b', end('b', 2))).toBe('unasked');
  expect(subject.finish('c', end('c', 3))).toBe('unasked');
});

it('a pause that nobody asked for is told apart', () => {
  const { subject, run } = sequences();
  run('a');
  expect(subject.paused('a')).toBe('unasked');
});
