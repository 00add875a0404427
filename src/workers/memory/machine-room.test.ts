import { describe, expect, it } from 'vitest';
import { linuxRoomBytes } from './linux-room.ts';
import { macRoom } from './mac-room.ts';
import { createMachineRoomReader } from './machine-room.ts';

const gibibyte = 1024 ** 3;
const meminfo = 'MemTotal:       24684092 kB\nMemFree:        1 kB\nMemAvailable:   8388608 kB\n';

/** Room on a machine with these files. */
const room = (files: Readonly<Record<string, string>>): Promise<number> =>
  linuxRoomBytes(async (path) => ({ '/proc/meminfo': meminfo, ...files })[path] ?? null);

describe('the room on Linux', () => {
  it('is what the kernel calls available', async () => {
    expect(await room({})).toBe(8 * gibibyte);
    expect(await room({ '/proc/meminfo': 'MemTotal: 1 kB\n' })).toBe(Infinity);
  });

  it('is no more than a control group leaves, its file cache counted as free', async () => {
    const files = {
      '/proc/self/cgroup': '0::/user.slice/app.service\n',
      '/sys/fs/cgroup/user.slice/app.service/memory.max': 'max\n',
      '/sys/fs/cgroup/user.slice/app.service/memory.high': `${4 * gibibyte}\n`,
      '/sys/fs/cgroup/user.slice/app.service/memory.current': `${3 * gibibyte}\n`,
      '/sys/fs/cgroup/user.slice/app.service/memory.stat': `anon 1\ninactive_file ${gibibyte}\nactive_file 512\n`,
    };
    expect(await room(files)).toBe(2 * gibibyte + 512);
    const max = { ...files, '/sys/fs/cgroup/user.slice/app.service/memory.max': `${3 * gibibyte}\n` };
    expect(await room(max)).toBe(gibibyte + 512);
  });

  it('is bounded by a group above its own, too', async () => {
    const files = {
      '/proc/self/cgroup': '0::/user.slice/app.service\n',
      '/sys/fs/cgroup/user.slice/memory.max': `${gibibyte}\n`,
      '/sys/fs/cgroup/user.slice/memory.current': '1024\n',
    };
    expect(await room(files)).toBe(gibibyte - 1024);
  });

  it('is bounded in a container, which sees its group as the root, and by version 1 of control groups', async () => {
    const two = { '/sys/fs/cgroup/memory.max': `${gibibyte}\n`, '/sys/fs/cgroup/memory.current': '0\n' };
    expect(await room({ '/proc/self/cgroup': '0::/\n', ...two })).toBe(gibibyte);
    const one = {
      '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/docker/1234\n0::/\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2 * gibibyte}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${gibibyte}\n`,
      '/sys/fs/cgroup/memory/memory.stat': 'cache 9\ntotal_inactive_file 4096\n',
    };
    expect(await room(one)).toBe(gibibyte + 4096);
  });

  it('is nothing, not less, where a group is over its limit', async () => {
    const files = { '/sys/fs/cgroup/memory.max': '1024\n', '/sys/fs/cgroup/memory.current': '4096\n' };
    expect(await room({ '/proc/self/cgroup': '0::/\n', ...files })).toBe(0);
  });

  it.runIf(process.platform === 'linux')('is known on this machine', async () => {
    const { availableBytes, ceilingBytes } = await createMachineRoomReader()();
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThan(2 ** 50);
    expect(ceilingBytes).toBe(Infinity);
  });
});

describe('the room on macOS', () => {
  it('has the limit of wired GPU memory as its ceiling, where one is set', () => {
    const sysctl = 'iogpu.wired_limit_mb: 12288\nkern.memorystatus_level: 40\n';
    expect(macRoom(sysctl, 16 * gibibyte)).toEqual({ availableBytes: 6.4 * gibibyte, ceilingBytes: 12 * gibibyte });
    expect(macRoom('debug.iogpu.wired_limit: 1024\n', 16 * gibibyte).ceilingBytes).toBe(gibibyte);
  });

  it("has Metal's recommended working set as its ceiling otherwise", () => {
    const sysctl = 'iogpu.wired_limit_mb: 0\nkern.memorystatus_level: 100\n';
    expect(macRoom(sysctl, 24 * gibibyte).ceilingBytes).toBe(16 * gibibyte);
    expect(macRoom(sysctl, 64 * gibibyte).ceilingBytes).toBe(48 * gibibyte);
  });

  it('is not known to be short where sysctl says nothing', () => {
    expect(macRoom('', 24 * gibibyte)).toEqual({ availableBytes: Infinity, ceilingBytes: 16 * gibibyte });
  });
});
