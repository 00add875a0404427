import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { Constraint } from '../core/index.ts';
import { createGrammarThread } from './grammar-thread.ts';

const constraint = (pattern: string): Constraint => ({ form: { kind: 'regex', pattern }, after: null });

/** A thread that does with a pattern what the pattern says: no loader of TypeScript reaches into one. */
const program = `
const { parentPort } = require('node:worker_threads');
parentPort.postMessage('ready');
parentPort.on('message', ({ form: { pattern } }) => {
  if (pattern === 'endless') for (;;);
  if (pattern === 'huge') for (const kept = []; ; ) kept.push(new Array(1e5).fill(kept.length));
  if (pattern === 'broken') throw new Error('broken');
  if (pattern === 'refused') parentPort.postMessage({ kind: 'refused', message: 'No.', param: 'constraint.form.tags[1]' });
  else parentPort.postMessage({ kind: 'program', program: { start: Number(pattern) } });
});`;

function setUp(limitMs = 60_000) {
  const threads: Worker[] = [];
  const start = (): Worker => {
    const resourceLimits = { maxOldGenerationSizeMb: 32 };
    threads.push(new Worker(program, { eval: true, resourceLimits }));
    return threads.at(-1)!;
  };
  return { threads, thread: createGrammarThread({ start, limitMs }) };
}

describe('a compile in its thread', () => {
  it('comes to its own program, however many are asked for at once', async () => {
    const { thread, threads } = setUp();
    const programs = await Promise.all(
      Array.from({ length: 20 }, (_, index) => thread.compile(constraint(`${index}`))),
    );
    expect(programs.map(({ start }) => start)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(threads).toHaveLength(1);
  });

  it.each([
    ['refused', { code: 'invalid_request', message: 'No.', param: 'constraint.form.tags[1]' }],
    ['endless', { code: 'invalid_request', message: expect.stringMatching(/took longer than/) }],
    ['huge', { code: 'invalid_request', message: expect.stringMatching(/MB to compile/) }],
    ['broken', { message: 'broken' }],
  ])('that is %s fails alone: the next ones are served', async (pattern, expected) => {
    const { thread } = setUp(pattern === 'endless' ? 1000 : undefined);
    const [failed, next] = await Promise.allSettled([
      thread.compile(constraint(pattern)),
      thread.compile(constraint('7')),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: expect.objectContaining(expected) });
    expect(next).toMatchObject({ status: 'fulfilled', value: { start: 7 } });
  });
});
