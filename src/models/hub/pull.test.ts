import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commit, type HubDouble, type Misbehaviour, startHubDouble } from '../../../test/fixtures/hub/hub-double.ts';
import { acquireFileLock, bindFlock, type FileLock } from '../../locks/index.ts';
import { type PullOptions, type PullProgress, pullModel } from './pull.ts';

const weights = randomBytes(300_000);
const mlxFiles = {
  'config.json': Buffer.from('{"model_type":"llama"}'),
  'tokenizer.json': Buffer.from('{}'),
  'model.safetensors': weights,
  'pytorch_model.bin': Buffer.from('never'),
  'README.md': Buffer.from('never'),
};
const etagOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

let home: string;
let hub: HubDouble | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mlx-pull-'));
});
afterEach(async () => {
  await hub?.close();
  hub = undefined;
  rmSync(home, { recursive: true, force: true });
});

const folder = (): string => join(home, 'hub', 'models--org--name');
const snapshot = (file: string): string => join(folder(), 'snapshots', commit, file);
const progress: PullProgress[] = [];

async function pull(model = 'org/name', options: Partial<PullOptions> = {}, signal = new AbortController().signal) {
  progress.length = 0;
  const settled = { huggingFaceHome: home, endpoint: hub!.endpoint, token: null, offline: false, retryDelayMs: 1 };
  const watch = { onProgress: (state: PullProgress) => progress.push(state), onWait: () => {}, signal };
  await pullModel(model, { ...settled, ...options }, watch);
}

async function start(files: Record<string, Buffer> = mlxFiles, misbehaviour: Misbehaviour = {}): Promise<void> {
  hub = await startHubDouble(files, misbehaviour);
}

describe('a pulled model', () => {
  it('lies in the cache as the hub libraries lay it out, without files that are never loaded', async () => {
    await start();
    await pull();
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
    expect(lstatSync(snapshot('model.safetensors')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder(), 'blobs', etagOf(weights)))).toEqual(weights);
    expect(readFileSync(join(folder(), 'refs', 'main'), 'utf8')).toBe(commit);
    expect(readdirSync(join(folder(), 'snapshots', commit)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(progress.at(-1)).toEqual({ doneBytes: 300_024, totalBytes: 300_024, files: 3 });
  });

  it('of which a file was cut short since is made whole again', async () => {
    await start();
    await pull();
    truncateSync(join(folder(), 'blobs', etagOf(weights)), 1000);
    await pull();
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
  });

  it('is not asked for again', async () => {
    await start();
    await pull();
    hub!.requests.length = 0;
    await pull();
    expect(hub!.requests).toEqual([]);
  });

  it('of GGUF files is one quantisation, with all its parts; others that are there stay in sight', async () => {
    const files = {
      'name-Q4_K_M.gguf': Buffer.from('GGUF4'),
      'name-Q8_0-00001-of-00002.gguf': Buffer.from('GGUF8a'),
      'name-Q8_0-00002-of-00002.gguf': Buffer.from('GGUF8b'),
      'mmproj-F16.gguf': Buffer.from('GGUFm'),
    };
    await start(files);
    await pull('org/name:q8_0');
    expect(hub!.requests.map(({ path }) => path).sort()).toEqual([
      'name-Q8_0-00001-of-00002.gguf',
      'name-Q8_0-00002-of-00002.gguf',
    ]);
    hub!.requests.length = 0;
    await pull();
    expect(hub!.requests.map(({ path }) => path)).toEqual(['name-Q4_K_M.gguf']);
    expect(readdirSync(join(folder(), 'snapshots', commit))).toHaveLength(3);
    await expect(pull('org/name:Q2_K')).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('name-Q4_K_M.gguf'),
    });
  });

  it('that holds nothing loadable is refused', async () => {
    await start({ 'pytorch_model.bin': Buffer.from('x'), 'config.json': Buffer.from('{}') });
    await expect(pull()).rejects.toMatchObject({ code: 'model_unsupported' });
    expect(hub!.requests).toEqual([]);
  });
});

describe('a download', () => {
  const large = { 'config.json': Buffer.from('{}'), 'model.safetensors': weights };
  const onlyWeights = (): HubDouble['requests'] => hub!.requests.filter(({ path }) => path === 'model.safetensors');

  it.each([
    ['breaks off twice', ['break-off', 'break-off', 'break-off']],
    ['is limited', ['limited', 'limited']],
    ['fails at the hub', ['unavailable', 'unavailable']],
    ['is longer than was said', ['too-long']],
    ['arrives damaged once', ['damaged']],
    ['breaks off and cannot be continued', ['break-off', 'break-off', 'no-ranges', 'no-ranges']],
  ] as const)('that %s is whole in the end', async (_, answers) => {
    await start(large, { answers: [...answers] });
    await pull();
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
    expect(progress.at(-1)).toMatchObject({ doneBytes: 300_002, totalBytes: 300_002 });
    expect(readdirSync(join(folder(), 'blobs')).filter((name) => name.endsWith('.incomplete'))).toEqual([]);
  });

  it('goes on with what an earlier try left', async () => {
    await start(large);
    mkdirSync(join(folder(), 'blobs'), { recursive: true });
    writeFileSync(join(folder(), 'blobs', `${etagOf(weights)}.incomplete`), weights.subarray(0, 100_000));
    await pull();
    expect(onlyWeights()).toMatchObject([{ range: 'bytes=100000-' }]);
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
    expect(progress[0]!.doneBytes).toBe(100_000);
  });

  it('that stays damaged is given up, and nothing of it is shown', async () => {
    await start(large, { answers: Array.from({ length: 9 }, () => 'damaged' as const) });
    await expect(pull()).rejects.toMatchObject({
      code: 'worker_start_failed',
      message: expect.stringContaining('damaged'),
    });
    expect(existsSync(join(folder(), 'refs', 'main'))).toBe(false);
    expect(existsSync(join(folder(), 'snapshots'))).toBe(false);
  });

  it('shows its token to the hub alone', async () => {
    await start(large, { redirect: true });
    await pull('org/name', { token: 'hf_secret' });
    const shown = (moved: boolean): unknown[] => [
      ...new Set(hub!.requests.filter((request) => request.moved === moved).map(({ authorization }) => authorization)),
    ];
    expect([shown(false), shown(true)]).toEqual([['Bearer hf_secret'], [undefined]]);
  });

  it('that is stopped keeps what has arrived', async () => {
    await start(large, { answers: Array.from({ length: 5 }, () => 'break-off' as const) });
    const stop = new AbortController();
    const pulled = pull('org/name', { retryDelayMs: 60_000 }, stop.signal);
    await expect.poll(() => progress.at(-1)?.doneBytes).toBeGreaterThan(100_000);
    stop.abort(new Error('stopped'));
    await expect(pulled).rejects.toThrow('stopped');
    expect(readdirSync(join(folder(), 'blobs'))).toContain(`${etagOf(weights)}.incomplete`);
  });

  it('waits for another process at the same file, and uses what that brought', async () => {
    await start(large);
    const locks = join(home, 'hub', '.locks', 'models--org--name');
    mkdirSync(locks, { recursive: true });
    mkdirSync(join(folder(), 'blobs'), { recursive: true });
    const lock = (await acquireFileLock(join(locks, `${etagOf(weights)}.lock`), await bindFlock(), 0)) as FileLock;
    const pulled = pull();
    await expect.poll(() => hub!.requests.length).toBe(1);
    writeFileSync(join(folder(), 'blobs', etagOf(weights)), weights);
    lock.release();
    await pulled;
    expect(onlyWeights()).toEqual([]);
    expect(progress.at(-1)).toMatchObject({ doneBytes: 300_002 });
  });
});

describe('what cannot be pulled says why', () => {
  it.each([
    [404, null, 'has no model org/name'],
    [401, null, 'set HF_TOKEN'],
    [403, 'hf_x', 'ask for it on its page'],
    [401, 'hf_x', 'wrong or has expired'],
  ])('status %i with token %s', async (status, token, message) => {
    await start(mlxFiles, { status });
    await expect(pull('org/name', { token })).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining(message),
    });
  });

  it('without a hub, or offline', async () => {
    await start();
    const { endpoint } = hub!;
    await expect(pull('org/name', { offline: true })).rejects.toMatchObject({
      message: expect.stringContaining('HF_HUB_OFFLINE'),
    });
    await hub!.close();
    await expect(pull('org/name', { endpoint })).rejects.toMatchObject({
      message: expect.stringContaining('cannot be reached'),
    });
  });

  it.each(['../x', 'a/b/c', '/etc/passwd', 'a/..'])('%s is no name, and nobody is asked', async (name) => {
    await start();
    await expect(pull(name)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(hub!.requests).toEqual([]);
  });

  it('a hub that names files outside of the snapshot', async () => {
    await start({
      '../../evil.json': Buffer.from('{}'),
      'config.json': Buffer.from('{}'),
      'model.safetensors': weights,
    });
    await expect(pull()).rejects.toMatchObject({ message: expect.stringContaining('makes no sense') });
    expect(hub!.requests).toEqual([]);
  });
});
