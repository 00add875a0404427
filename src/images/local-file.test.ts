import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxImageBytes } from './limits.ts';
import { readLocalFile } from './local-file.ts';

let root = '';
const at = (path: string): string => join(root, path);
const read = (path: string, folders: string[] = [at('open')]): Promise<Buffer> => readLocalFile(path, folders);
const uniform = {
  code: 'image_refused',
  message: 'cannot be read: a local path must name a file inside a folder of MLX_ALLOWED_LOCAL_MEDIA_PATH',
};

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mlx-local-')));
  for (const folder of ['open/deep', 'open-too', 'secret']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('open/a.png'), 'a');
  writeFileSync(at('open/deep/b.png'), 'b');
  writeFileSync(at('open-too/c.png'), 'c');
  writeFileSync(at('secret/key'), 'key');
  writeFileSync(at('open/exact'), Buffer.alloc(maxImageBytes));
  writeFileSync(at('open/more'), Buffer.alloc(maxImageBytes + 1));
  symlinkSync(at('secret/key'), at('open/link-out'));
  symlinkSync(at('secret'), at('open/folder-out'));
  symlinkSync('a.png', at('open/link-in'));
  symlinkSync('loop', at('open/loop'));
  symlinkSync(at('open'), at('way-in'));
  execFileSync('mkfifo', [at('open/fifo')]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a local file', () => {
  it('inside an allowed folder is read, also through links that stay inside', async () => {
    for (const path of ['open/a.png', 'open/link-in', 'way-in/a.png', 'open/deep/../a.png']) {
      expect(String(await read(at(path))), path).toBe('a');
    }
    expect(String(await read(at('open/deep/b.png'), [at('nowhere'), at('way-in')]))).toBe('b');
  });

  it.each([
    ...[
      'open/missing.png',
      'secret/key',
      'open-too/c.png',
      'open/../secret/key',
      'open/link-out',
      'open/folder-out/key',
    ],
    ...['open', 'open/deep', 'open/fifo', 'open/loop', 'open/a.png/x', 'open/a.png\0', 'secret/missing'],
  ])('%j is refused in one and the same way', async (path) => {
    await expect(read(at(path))).rejects.toMatchObject(uniform);
  });

  it.each(['/dev/zero', '/dev/stdin', '/proc/self/environ', '/etc/passwd'])('%s is refused too', async (path) => {
    await expect(read(path)).rejects.toMatchObject(uniform);
  });

  it('is refused when no folder is allowed', async () => {
    await expect(read(at('open/a.png'), [])).rejects.toMatchObject(uniform);
  });

  it('that is no regular file is refused even where everything is allowed', async () => {
    for (const path of ['/dev/zero', '/dev/null', at('open/fifo'), at('open')]) {
      await expect(read(path, ['/'])).rejects.toMatchObject(uniform);
    }
  });

  it('of exactly 10 MB is taken, of a byte more is not', async () => {
    expect(await read(at('open/exact'))).toHaveLength(maxImageBytes);
    await expect(read(at('open/more'))).rejects.toMatchObject({ code: 'image_too_large' });
  });
});
