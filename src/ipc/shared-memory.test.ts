import { randomBytes } from 'node:crypto';
import { existsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Body } from './body.ts';
import { WorkerCommunicationError } from './communication-error.ts';
import { openSharedMemory } from './shared-memory.ts';

const freshName = (): string => `/mlx-${randomBytes(13).toString('hex')}`;
const bodyOf = (...segments: Uint8Array[]): Body => ({ segments, length: Buffer.concat(segments).length });
const onLinux = process.platform === 'linux';

describe.each([process.platform, 'darwin' as const])('a shared block, made as on %s', (platform) => {
  const memory = openSharedMemory(platform);

  it('holds the bytes until they are taken, and has no name afterwards', () => {
    const name = freshName();
    const bytes = randomBytes(1_000_003);
    memory.create(name, bodyOf(bytes.subarray(0, 4099), bytes.subarray(4099)));
    expect(memory.take(name, bytes.length).equals(bytes)).toBe(true);
    expect(() => memory.take(name, bytes.length)).toThrow(WorkerCommunicationError);
  });

  it('is never made over one that exists, and that one stays', () => {
    const name = freshName();
    memory.create(name, bodyOf(Buffer.from('first')));
    expect(() => memory.create(name, bodyOf(Buffer.from('second')))).toThrow(WorkerCommunicationError);
    expect(memory.take(name, 5).toString()).toBe('first');
  });

  it.runIf(onLinux)('can be opened by its owner alone', () => {
    const name = freshName();
    memory.create(name, bodyOf(Buffer.from('x')));
    expect(statSync(`/dev/shm${name}`).mode & 0o777).toBe(0o600);
    memory.remove(name);
    expect(existsSync(`/dev/shm${name}`)).toBe(false);
  });

  it.runIf(onLinux)('that somebody cut short is refused, not read past its end', () => {
    const name = freshName();
    memory.create(name, bodyOf(Buffer.alloc(100_000)));
    truncateSync(`/dev/shm${name}`, 10);
    expect(() => memory.take(name, 100_000)).toThrow('a block is shorter than announced');
    expect(existsSync(`/dev/shm${name}`)).toBe(false);
  });

  it.runIf(onLinux)('of more bytes than there is room for is refused before anything is written', () => {
    const name = freshName();
    const tooLong: Body = { segments: [], length: 2 ** 50 };
    expect(() => memory.create(name, tooLong)).toThrow(WorkerCommunicationError);
    expect(existsSync(`/dev/shm${name}`)).toBe(false);
  });

  it.runIf(onLinux)('is found under its name by other programs', () => {
    const name = freshName();
    writeFileSync(`/dev/shm${name}`, 'from elsewhere', { mode: 0o600 });
    expect(memory.take(name, 14).toString()).toBe('from elsewhere');
  });
});
