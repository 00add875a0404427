// The short form of `npm run fuzz`: the same kinds, fewer of each. Counts must hold; times are judged by the long run.
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { paths } from '../../bench/harness/paths.ts';
import { type Figure, terminalLine } from '../faults/figures.ts';
import { fuzz } from './campaign.ts';
import { violationOf } from './judge.ts';
import { mutatedRequest } from './mutated-requests.ts';

const said: string[] = [];
const short = {
  seed: 1,
  mutated: 1000,
  raw: 300,
  starter: 0,
  schemathesis: { examples: 6, phases: ['fuzzing'] },
  say: (text: string) => said.push(text),
};

describe('requests of every kind', () => {
  it.skipIf(!existsSync(paths.commandLine))(
    'are answered as they may be, by one worker from beginning to end',
    async () => {
      const figures: Figure[] = [];
      for await (const figure of fuzz(short)) figures.push(figure);
      console.log([...said, ...figures.map(terminalLine)].join('\n'));
      expect(said.filter((line) => line.startsWith('VIOLATION'))).toEqual([]);
      expect(figures.filter(({ judged, pass }) => judged === 'count' && !pass)).toEqual([]);
    },
  );

  it('are the same again for the same seed', () => {
    const examples = [{ method: 'POST', path: '/v1/completions', body: { prompt: 'x', n: 2, stop: ['a'] } }];
    const draw = (seed: number) => Array.from({ length: 50 }, (_, number) => mutatedRequest(examples, seed, number));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(new Set(draw(1).map(({ body }) => body)).size).toBeGreaterThan(40);
  });
});

describe('an answer is a violation', () => {
  const error = { message: 'm', type: 't', param: null, code: 'c' };
  const answer = (status: number, body: unknown, more: object = {}) => ({
    status,
    contentType: 'application/json; charset=utf-8',
    requestId: 'req_1',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...more,
  });

  const stream = (body: string) => answer(200, body, { contentType: 'text/event-stream' });

  it.each([
    ['a 500', answer(500, { error })],
    ['a 504', answer(504, { error })],
    ['an error of three keys', answer(400, { error: { message: 'm', type: 't', code: 'c' } })],
    ['an error with a stack', answer(400, { error: { ...error, stack: 's' } })],
    ['an error of 5 KB', answer(400, { error: { ...error, message: 'x'.repeat(5000) } })],
    ['an error as text', answer(404, 'Not found', { contentType: 'text/plain' })],
    ['no id', answer(200, {}, { requestId: undefined })],
    ["Ollama's error without a code", answer(404, { error: 'm' })],
    ["half of Anthropic's stream", stream('event: message_start\ndata: {"type":"message_start"}\n\n')],
    ["half of Ollama's stream", answer(200, '{"done":false}\n', { contentType: 'application/x-ndjson' })],
    ['a stream that breaks off', answer(200, 'data: {"choices":[]}\n\n', { contentType: 'text/event-stream' })],
    [
      'a stream that ends with the failure of a worker',
      answer(200, 'data: {"error":{"code":"internal"}}\n\n', { contentType: 'text/event-stream' }),
    ],
  ])('%s', (_, seen) => {
    expect(violationOf(seen)).not.toBeNull();
  });

  it.each([
    ['an error', answer(400, { error })],
    ['overload', answer(503, { error })],
    ['an answer', answer(200, {})],
    ["Ollama's error", answer(404, { error: 'm', code: 'c', param: null })],
    ["Anthropic's overload", answer(529, { type: 'error', error, request_id: 'r' })],
    ["Anthropic's stream", stream('event: message_stop\ndata: {"type":"message_stop"}\n\n')],
    ["Ollama's stream", answer(200, '{"done":false}\n{"done":true}\n', { contentType: 'application/x-ndjson' })],
    ['a whole stream', answer(200, 'data: {}\n\ndata: [DONE]\n\n', { contentType: 'text/event-stream' })],
  ])('not: %s', (_, seen) => {
    expect(violationOf(seen)).toBeNull();
  });
});
