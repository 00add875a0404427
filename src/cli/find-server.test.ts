import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announce, announcedServers } from './announcement.ts';
import { choose } from './find-server.ts';

const server = (api: number, admin: number) => ({
  api: `http://127.0.0.1:${api}`,
  admin: `http://127.0.0.1:${admin}`,
  pid: api,
  startTime: '1',
});
const usual = { port: 11_440, adminPort: 11_441 };
const unset = { host: 'default', port: 'default', adminHost: 'default', adminPort: 'default' } as const;

describe('the server that a verb means', () => {
  const [one, other] = [server(5000, 5001), server(6000, 6001)];

  it('is the only one that runs, whatever its ports', () => {
    expect(choose([one], usual, unset)).toBe(one);
    expect(choose([], usual, unset)).toBeUndefined();
  });

  it('is the one at either port that was named', () => {
    expect(choose([one, other], { ...usual, port: 6000 }, { ...unset, port: 'flag' })).toBe(other);
    expect(choose([one, other], { ...usual, adminPort: 5001 }, { ...unset, adminPort: 'environment' })).toBe(one);
    expect(choose([one], { ...usual, port: 6000 }, { ...unset, port: 'flag' })).toBeUndefined();
  });

  it('is the one at the usual ports among several, else has to be named', () => {
    const atUsual = server(11_440, 11_441);
    expect(choose([one, atUsual], usual, unset)).toBe(atUsual);
    expect(choose([one, other], usual, unset)).toBe('several');
  });

  it('on another machine is where the flags say', () => {
    expect(choose([one], usual, { ...unset, host: 'flag' })).toBeUndefined();
  });
});

describe('an announced server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mlx-announce-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const place = { api: 'http://127.0.0.1:1', admin: 'http://127.0.0.1:2' };

  it('is found until it is taken back', async () => {
    const withdraw = await announce(folder, place);
    expect(await announcedServers(folder)).toMatchObject([{ ...place, pid: process.pid }]);
    withdraw();
    expect(await announcedServers(folder)).toEqual([]);
  });

  it('that died is not found, even where its pid is used again, and its file goes at the next start', async () => {
    const dead = { ...place, pid: process.pid, startTime: 'long ago' };
    writeFileSync(join(folder, 'server-1.json'), JSON.stringify(dead));
    writeFileSync(join(folder, 'server-2.json'), '{"api": 7');
    expect(await announcedServers(folder)).toEqual([]);
    const withdraw = await announce(folder, place);
    expect(readdirSync(folder)).toEqual([`server-${process.pid}.json`]);
    withdraw();
  });

  it('is not sought in a folder that others may write', async () => {
    const withdraw = await announce(folder, place);
    chmodSync(folder, 0o777);
    expect(await announcedServers(folder)).toEqual([]);
    withdraw();
  });
});
