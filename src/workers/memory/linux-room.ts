// Linux: the memory that this process's workers can still get, as the kernel and every control group above them see it.

type ReadText = (path: string) => Promise<string | null>;

/** `read` gives a file's text, null where there is none. */
export async function linuxRoomBytes(read: ReadText): Promise<number> {
  const meminfo = (await read('/proc/meminfo')) ?? '';
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  const groups = await Promise.all(
    groupFolders((await read('/proc/self/cgroup')) ?? '').map((one) => groupRoom(read, one)),
  );
  return Math.max(0, Math.min(available === undefined ? Infinity : Number(available) * 1024, ...groups));
}

interface GroupFolder {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The group and all above it: each may have a limit. A container sees itself as the root, and no folder of its own name. */
function groupFolders(groups: string): readonly GroupFolder[] {
  return groups.split('\n').flatMap((line): GroupFolder[] => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    const above = path.split('/').filter(Boolean);
    const folders = Array.from({ length: above.length + 1 }, (_, depth) => ['', ...above.slice(0, depth)].join('/'));
    if (controllers === '') return folders.map((one) => ({ folder: `/sys/fs/cgroup${one}`, version: 2 }));
    if (!controllers!.split(',').includes('memory')) return [];
    return folders.map((one) => ({ folder: `/sys/fs/cgroup/memory${one}`, version: 1 }));
  });
}

const files = {
  1: {
    limits: ['memory.limit_in_bytes'],
    usage: 'memory.usage_in_bytes',
    caches: ['total_active_file', 'total_inactive_file'],
  },
  2: { limits: ['memory.max', 'memory.high'], usage: 'memory.current', caches: ['active_file', 'inactive_file'] },
} as const;

/** A group's limit less what it holds; its file cache is given up on demand, as in MemAvailable. */
async function groupRoom(read: ReadText, { folder, version }: GroupFolder): Promise<number> {
  const { limits, usage, caches } = files[version];
  const texts = await Promise.all([...limits, usage, 'memory.stat'].map((name) => read(`${folder}/${name}`)));
  const stat = texts.pop() ?? '';
  const used = wholeNumber(texts.pop());
  const limit = Math.min(...texts.map((text) => wholeNumber(text) ?? Infinity)); // `max` is no number.
  if (used === null || limit === Infinity) return Infinity;
  const reclaimable = caches.map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0));
  return limit - used + reclaimable.reduce((sum, bytes) => sum + bytes, 0);
}

const wholeNumber = (text: string | null | undefined): number | null =>
  /^\d+\s*$/.test(text ?? '') ? Number(text) : null;
