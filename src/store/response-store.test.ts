import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../core/index.ts';
import { openResponseStore, type ResponseRecord } from './response-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlx-store-'));
const file = join(folder, 'responses.db');
afterEach(() => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
});

const record = (id: string, more: Partial<ResponseRecord> = {}): ResponseRecord => ({
  id,
  holder: 'alice',
  status: 'completed',
  previousId: null,
  owner: null,
  body: '{}',
  input: '[]',
  events: null,
  ...more,
});

function clockAt(): Clock & { ms: number } {
  const clock = { ms: 1_000_000, wallMs: () => clock.ms, monotonicMs: () => clock.ms };
  return clock;
}

describe('a store of responses', () => {
  it('keeps them in a file that others cannot read, also when it is opened again', () => {
    {
      using store = openResponseStore({ file, clock: clockAt() });
      expect(store.problem).toBeNull();
      store.save(record('a', { status: 'in_progress', owner: 'me' }));
      store.save(record('a', { body: '{"x":"🦊"}' }));
      for (const suffix of ['', '-wal']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
    }
    using again = openResponseStore({ file, clock: clockAt() });
    expect(again.find('a', 'alice')).toEqual(record('a', { body: '{"x":"🦊"}' }));
  });

  it('shows and removes for the holder alone', () => {
    using store = openResponseStore({ file, clock: clockAt() });
    store.save(record('a'));
    expect(store.find('a', 'bob')).toBeUndefined();
    expect(store.remove('a', 'bob')).toBe(false);
    expect(store.remove('a', 'alice')).toBe(true);
    expect(store.find('a', 'alice')).toBeUndefined();
  });

  it('drops the oldest past its bounds, and whatever is too old', () => {
    const clock = clockAt();
    const bounds = { maxRecords: 3, maxBytes: 100, maxRecordBytes: 60, maxAgeMs: 500 };
    using store = openResponseStore({ file, clock, bounds });
    const kept = (...ids: string[]) => ids.filter((id) => store.find(id, 'alice') !== undefined);
    for (const id of ['a', 'b', 'c', 'd']) {
      store.save(record(id));
      clock.ms += 1;
    }
    expect(kept('a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd']);
    store.save(record('e', { input: 'x'.repeat(50) }));
    clock.ms += 1;
    store.save(record('f', { input: 'x'.repeat(50) }));
    expect(kept('b', 'c', 'd', 'e', 'f')).toEqual(['f']);
    expect(store.save(record('g', { input: 'x'.repeat(61) }))).toBe(false);
    clock.ms += 501;
    expect(kept('f', 'g')).toEqual([]);
  });

  it('lives in memory where its file cannot be used, and leaves that as it is', () => {
    writeFileSync(file, 'no database, and more than a hundred bytes of it. '.repeat(20));
    using store = openResponseStore({ file, clock: clockAt() });
    expect(store.problem).toMatch(/./);
    store.save(record('a'));
    expect(store.find('a', 'alice')).toBeDefined();
    expect(statSync(file).size).toBe(1000);
  });
});
