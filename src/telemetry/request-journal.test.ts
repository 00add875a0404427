import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../core/index.ts';
import { logEvent } from './log.ts';
import { createRequestJournal, type RequestJournal } from './request-journal.ts';
import { logFields, requestsView } from './request-views.ts';

const start = () => {
  const time = { nowMs: 0 };
  const journal = createRequestJournal({ monotonicMs: () => time.nowMs, wallMs: () => time.nowMs });
  return { time, journal };
};
const request = { endpoint: '/v1/chat/completions', method: 'POST' } as const;
const place = { model: 'org/m', priority: 'normal' } as const;
const sampling = {
  temperature: 0.7,
  topP: 0.9,
  topK: 0,
  minP: 0,
  seed: 4,
  repetitionPenalty: 1.1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: [],
};

function finish(journal: RequestJournal, requestId: string): ServerEvent {
  const event = { type: 'request-finished', requestId, ...request, holder: 'bob', status: 200, code: null } as const;
  const finished = { ...event, durationMs: 100 };
  journal.add(finished);
  return finished;
}

function generate({ time, journal }: ReturnType<typeof start>, id: string): void {
  journal.add({ type: 'generation-queued', requestId: id, ...place });
  time.nowMs += 10;
  journal.add({ type: 'generation-granted', requestId: id, ...place, queueWaitMs: 10 });
  time.nowMs += 20;
  const prompt = { promptTokens: 5, cachedTokens: 2, maxTokens: 64, sampling };
  journal.add({ type: 'generation-admitted', requestId: id, model: 'org/m', ...prompt });
  time.nowMs += 30;
  journal.add({ type: 'tokens-generated', requestId: id, model: 'org/m', tokens: 3, sinceMs: 60, first: true });
  time.nowMs += 40;
  journal.add({ type: 'generation-released', requestId: id, model: 'org/m' });
}

describe('the journal of requests', () => {
  it('times each phase of one that never ended by itself', () => {
    const setting = start();
    setting.journal.add({ type: 'request-received', requestId: 'a', clientRequestId: null, ...request });
    generate(setting, 'a');
    const [record] = [...setting.journal.live];
    expect(record!.generations.get('a')).toMatchObject({
      phase: 'ended',
      queueMs: 10,
      loadMs: 20,
      prefillMs: 30,
      decodeMs: 40,
      completionTokens: 3,
    });
  });

  it('keeps the last 500 that ended, newest first, and nothing of those that only look', () => {
    const { journal } = start();
    for (let n = 0; n < 510; n += 1) {
      journal.add({ type: 'request-received', requestId: `r${n}`, clientRequestId: null, ...request });
      finish(journal, `r${n}`);
    }
    journal.add({
      type: 'request-received',
      requestId: 'g',
      clientRequestId: null,
      method: 'GET',
      endpoint: '/health',
    });
    expect([...journal.live]).toEqual([]);
    expect(journal.recent).toHaveLength(500);
    expect(journal.recent[0]!.id).toBe('r509');
  });

  it('shows few of many choices, and counts all', () => {
    const setting = start();
    setting.journal.add({ type: 'request-received', requestId: 'a', clientRequestId: null, ...request });
    for (let n = 0; n < 20; n += 1) generate(setting, `a-${n}`);
    const { live } = requestsView(setting.journal);
    expect([live[0]!.choices, live[0]!.generations.length]).toEqual([20, 8]);
  });

  it('makes one line of a request: parameters, timings, tokens, cache hits, outcome', () => {
    const setting = start();
    setting.journal.add({ type: 'request-received', requestId: 'a', clientRequestId: 'mine', ...request });
    generate(setting, 'a');
    const event = finish(setting.journal, 'a');
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
    logEvent(log, event, logFields(setting.journal.get('a')!));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      msg: 'request-finished',
      requestId: 'a',
      clientRequestId: 'mine',
      holder: 'bob',
      status: 200,
      code: null,
      durationMs: 100,
      model: 'org/m',
      max_tokens: 64,
      temperature: 0.7,
      top_p: 0.9,
      repetition_penalty: 1.1,
      promptTokens: 5,
      cachedTokens: 2,
      completionTokens: 3,
      queueMs: 10,
      loadMs: 20,
      prefillMs: 30,
      decodeMs: 40,
    });
  });
});
