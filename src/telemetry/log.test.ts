import { pino } from 'pino';
import pretty from 'pino-pretty';
import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../core/index.ts';
import { logEvent, pinoOptions } from './log.ts';

const payload =
  '\r\n{"level":60,"msg":"forged"}\n\u001b[2J\u001b]8;;http://evil\u0007\0\u0085\u009b\u2028\u2029\u202eabc\u2066\ufeff';
const events: readonly ServerEvent[] = [
  { type: 'worker-output', workerId: 'w', line: payload },
  { type: 'preload-failed', model: payload, detail: payload },
  { type: 'registry-problem', detail: payload },
  { type: 'worker-exited', workerId: 'w', model: 'm', reason: 'crashed', detail: payload },
  {
    type: 'request-finished',
    requestId: 'r',
    method: 'POST',
    endpoint: '/x',
    holder: null,
    status: 500,
    code: 'internal',
    durationMs: 1,
    cause: new Error(`${payload} in a message`, { cause: new Error(payload) }),
  },
];

function logged(format: 'json' | 'pretty'): string {
  const lines: string[] = [];
  const prettier = pretty.prettyFactory({ colorize: false, ignore: 'pid,hostname' });
  const write = (line: string): void => void lines.push(format === 'json' ? line : prettier(line));
  const log = pino(pinoOptions('trace'), { write });
  for (const event of events) logEvent(log, event);
  return lines.join('');
}

describe('the log', () => {
  it.each(['json', 'pretty'] as const)('as %s has no line of anybody else, and no byte that acts', (format) => {
    const text = logged(format);
    expect(text.split('forged').length).toBeGreaterThan(events.length);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/);
    for (const line of text.split('\n')) expect(line).not.toMatch(/^\s*"?(\{"level":60|forged|abc)/);
    if (format === 'json') expect(text.trimEnd().split('\n')).toHaveLength(events.length);
  });

  it('says where an unexpected failure came from', () => {
    const line = logged('json').trimEnd().split('\n').at(-1)!;
    expect(JSON.parse(line).err).toMatchObject({ type: 'Error', stack: expect.stringMatching(/log\.test\.ts/) });
  });

  it('keeps long text short', () => {
    const lines: string[] = [];
    const log = pino(pinoOptions('info'), { write: (line: string) => void lines.push(line) });
    logEvent(log, { type: 'worker-output', workerId: 'w', line: 'x'.repeat(1_000_000) });
    expect(lines.join('').length).toBeLessThan(5000);
  });
});
