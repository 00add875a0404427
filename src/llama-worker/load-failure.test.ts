import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadFailure, withoutPaths } from './load-failure.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llama-worker-'));
  await writeFile(join(folder, 'model.gguf'), 'GGUF and more');
  await writeFile(join(folder, 'page.html'), '<html>');
});

const messageFor = async (name: string, reason = 'Failed to load model'): Promise<string> =>
  (await loadFailure(new Error(reason), join(folder, name))).message;

describe('loadFailure', () => {
  it('says what is wrong with the file', async () => {
    expect(await messageFor('absent.gguf')).toContain('cannot be read');
    expect(await messageFor('page.html')).toContain('not a GGUF file');
    expect(await messageFor('.')).toContain('not a GGUF file');
  });

  it('otherwise hands on the reason, without any path', async () => {
    const message = await messageFor('model.gguf', `cannot map "${folder}/model.gguf": no memory`);
    expect(message).toContain('no memory');
    expect(message).not.toContain(folder);
    expect(message).not.toContain('model.gguf');
  });
});

describe('withoutPaths', () => {
  it('removes POSIX and Windows paths', () => {
    expect(withoutPaths('a /b/c.gguf d')).toBe('a … d');
    expect(withoutPaths('a C:\\x\\y d')).toBe('a … d');
  });

  it('leaves one line, whatever a file calls its tensors', () => {
    expect(withoutPaths("tensor 'a\n\u001b[31mb' is odd")).toBe("tensor 'a [31mb' is odd");
  });
});
