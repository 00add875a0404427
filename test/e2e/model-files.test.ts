// Model files that change under a real engine: what is asked for is answered, or refused in words that name the model
// and nothing of this machine.
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealServer, startRealServer } from '../engines/real-server.ts';
import { isBuilt } from './server-process.ts';
import { jsonOf, post, readStream, until } from './test-server.ts';

const fileName = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const runtime = fileURLToPath(new URL('../../.runtime/', import.meta.url));
const weights = join(runtime, 'models', 'starter', 'smollm2-135m-instruct-gguf', fileName);

describe.skipIf(!isBuilt || !existsSync(weights))(
  'a model whose files',
  () => {
    let folder: string;
    let server: RealServer;
    beforeAll(async () => {
      folder = mkdtempSync(join(runtime, 'mlx-test-')); // On the disk of the weights, so that links will do.
      server = await startRealServer({ MLX_MODELS_DIR: folder });
    });
    afterAll(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const fileOf = (name: string): string => join(folder, 'test', name, fileName);
    const addModel = (name: string, place: (from: string, to: string) => void): void => {
      mkdirSync(dirname(fileOf(name)), { recursive: true });
      place(weights, fileOf(name));
    };
    const ask = (name: string, more: object = {}): Promise<Response> => {
      const messages = [{ role: 'user', content: 'Count from one to fifty.' }];
      return post(`${server.apiUrl}/v1/chat/completions`, { model: `test/${name}`, messages, max_tokens: 3, ...more });
    };
    const refusalOf = async (response: Response) => {
      const { error } = await jsonOf(response);
      expect(error.message).toContain('test/');
      expect(error.message).not.toMatch(new RegExp(`${tmpdir()}|${folder}|/work|\\n`));
      expect(error.message).not.toMatch(/\.\.|could not be loaded.*could not be loaded/);
      return [response.status, error.code];
    };
    const unload = (): Promise<Response> => post(`${server.adminUrl}/admin/unload`, {});

    it('are garbage behind a right beginning: 503, and again at once', async () => {
      addModel('garbage', (_, to) => writeFileSync(to, Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(1e6, 7)])));
      for (let request = 0; request < 2; request += 1) {
        expect(await refusalOf(await ask('garbage'))).toEqual([503, 'worker_start_failed']);
      }
    });

    it('are cut short in mid-answer: the stream ends with one error, the server serves others', async () => {
      addModel('cut', copyFileSync);
      let isCut = false;
      const { chunks, done } = await readStream(await ask('cut', { stream: true, max_tokens: 400 }), () => {
        if (!isCut) truncateSync(fileOf('cut'), 20_000_000);
        isCut = true;
      });
      expect(done).toBe(false);
      expect(chunks.at(-1)!.error!.code).toBe('worker_start_failed');
      expect(await refusalOf(await ask('cut'))).toEqual([503, 'worker_start_failed']);
      addModel('whole', linkSync);
      expect((await ask('whole')).status).toBe(200);
      await unload();
    });

    it('are deleted or replaced once they are loaded: the running answer ends well', async () => {
      addModel('moved', linkSync);
      const answer = ask('moved', { max_tokens: 60 });
      await until(async () => {
        const { workers } = await jsonOf(fetch(`${server.adminUrl}/admin/status`));
        return workers[0]?.running === 1;
      }, 60_000);
      writeFileSync(join(folder, 'other'), 'no model');
      renameSync(join(folder, 'other'), fileOf('moved'));
      rmSync(dirname(fileOf('moved')), { recursive: true });
      expect((await answer).status).toBe(200);
      expect(await refusalOf(await ask('moved'))).toEqual([404, 'model_not_found']);
      await unload();
    });

    it('vanish while they are loaded: an answer, or a refusal in clean words', async () => {
      addModel('vanishing', linkSync);
      const answer = ask('vanishing');
      await until(async () => (await jsonOf(fetch(`${server.adminUrl}/admin/status`))).workers.length === 1, 60_000);
      rmSync(dirname(fileOf('vanishing')), { recursive: true });
      const response = await answer;
      if (response.status !== 200) expect(await refusalOf(response)).toEqual([503, 'worker_start_failed']);
      expect(await refusalOf(await ask('vanishing'))).toEqual([404, 'model_not_found']);
    });
  },
  300_000,
);
