import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ConfigSources, loadConfig } from './load.ts';
import type { Machine } from './machine.ts';

const gibibyte = 1024 ** 3;
const machine: Machine = {
  platform: 'linux',
  arch: 'x64',
  cores: 2,
  memoryBytes: 24 * gibibyte,
  homeDir: '/home/someone',
  terminal: false,
};
const load = (sources: Partial<ConfigSources>) => loadConfig({ flags: {}, env: {}, file: null, machine, ...sources });
const configOf = (sources: Partial<ConfigSources>) => {
  const loaded = load(sources);
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  return loaded.config;
};
const problemsOf = (sources: Partial<ConfigSources>) => {
  const loaded = load(sources);
  return 'problems' in loaded ? loaded.problems : [];
};

describe('the configuration', () => {
  it('takes flags over environment over file over the RAM tier', () => {
    const file = { name: 'config.yaml', text: 'port: 1\nqueue_max_depth: 3' };
    expect(configOf({ file })).toMatchObject({ port: 1, queueMaxDepth: 3 });
    expect(configOf({ file, env: { MLX_PORT: '2' } }).port).toBe(2);
    expect(configOf({ file, env: { MLX_PORT: '2' }, flags: { '--port': '3' } }).port).toBe(3);
  });

  it.each([
    [
      128,
      { requestTimeoutMs: 600_000, idleTimeoutMs: 600_000, modelLoadTimeoutMs: 300_000, maxConcurrentRequests: 32 },
      108,
    ],
    [
      24,
      { requestTimeoutMs: 300_000, idleTimeoutMs: 300_000, modelLoadTimeoutMs: 180_000, maxConcurrentRequests: 16 },
      16,
    ],
    [
      16,
      { requestTimeoutMs: 180_000, idleTimeoutMs: 180_000, modelLoadTimeoutMs: 120_000, maxConcurrentRequests: 8 },
      12,
    ],
    [6, { maxConcurrentRequests: 8 }, 3],
  ])('of a machine with %d GB has its defaults', (gigabytes, expected, budgetGigabytes) => {
    const config = configOf({ machine: { ...machine, memoryBytes: gigabytes * gibibyte } });
    expect(config).toMatchObject(expected);
    expect(config.memoryBudgetBytes).toBe(budgetGigabytes * gibibyte);
  });

  it('reads seconds as milliseconds', () => {
    expect(configOf({ env: { MLX_REQUEST_TIMEOUT: '1.5' } }).requestTimeoutMs).toBe(1500);
  });

  it('reports every problem at once, each with its place', () => {
    const problems = problemsOf({
      flags: { '--port': '70000' },
      env: { MLX_LOG_LEVEL: 'loud', MLX_REQUEST_TIMEOUT: '-1' },
      file: { name: 'c.yaml', text: 'nonsense: 1\nqueue_max_depth: many\naliases: 7' },
    });
    expect(problems).toHaveLength(6);
    for (const place of [
      '--port',
      'MLX_LOG_LEVEL',
      'MLX_REQUEST_TIMEOUT',
      'c.yaml:1: nonsense',
      'c.yaml:2: queue_max_depth',
      'c.yaml:3: aliases',
    ]) {
      expect(
        problems.some((problem) => problem.startsWith(place)),
        place,
      ).toBe(true);
    }
  });

  it.each(['[1, 2]', 'a: [', '- x'])('refuses a file that is %j', (text) => {
    expect(problemsOf({ file: { name: 'c.yaml', text } })).toHaveLength(1);
  });

  it('does not open the server to others by accident', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example']) {
      expect(problemsOf({ flags: { '--host': host } }), host).toHaveLength(1);
      expect(problemsOf({ env: { MLX_ADMIN_HOST: host } }), host).toHaveLength(1);
      expect(problemsOf({ flags: { '--host': host }, env: { MLX_ALLOW_UNAUTHENTICATED: '1' } })).toEqual([]);
    }
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
      expect(problemsOf({ flags: { '--host': host } }), host).toEqual([]);
    }
  });

  it.each([
    [128, 1024],
    [64, 1024],
    [63, 768],
    [32, 768],
    [31, 512],
    [8, 512],
  ])('of a machine with %d GB reduces images to %d pixels', (gigabytes, expected) => {
    const config = configOf({ machine: { ...machine, memoryBytes: gigabytes * gibibyte } });
    expect(config.visionMaxDimension).toBe(expected);
  });

  it('reads hosts as names, addresses and ranges, from the environment and from a list in the file', () => {
    const hosts = ['images.internal', '10.0.0.0/8', '192.168.1.7', 'fd00::/8', '[::1]'];
    expect(configOf({ env: { MLX_IMAGE_ALLOWED_HOSTS: ` ${hosts.join(' , ')},` } }).imageAllowedHosts).toEqual(hosts);
    const file = { name: 'c.yaml', text: `image_allowed_hosts: ${JSON.stringify(hosts)}` };
    expect(configOf({ file }).imageAllowedHosts).toEqual(hosts);
  });

  it.each([
    'http://a.example',
    'a.example:80',
    '10.0.0.0/33',
    '10.0.0.0/x',
    '::/129',
    'fe80::1%eth0',
    '10.0.0.0/8/8',
    '*',
    '-a',
    'a b',
  ])('does not take %j for a host', (host) => {
    expect(problemsOf({ env: { MLX_IMAGE_ALLOWED_HOSTS: host } })).toHaveLength(1);
  });

  it('takes an empty environment variable for an absent one', () => {
    expect(configOf({ env: { MLX_PORT: '' } }).port).toBe(11_440);
  });
});

describe('keys', () => {
  const keysOf = (sources: Partial<ConfigSources>) =>
    configOf(sources).apiKeys.map(({ name, secret }) => [name, secret.reveal()]);

  it('come from the environment, the file, and a file of keys', () => {
    expect(keysOf({ env: { MLX_API_KEYS: 'alice:one, two' } })).toEqual([
      ['alice', 'one'],
      ['key-2', 'two'],
    ]);
    expect(keysOf({ file: { name: 'c.yaml', text: 'api_keys: ["bob:x", y]' } })).toEqual([
      ['bob', 'x'],
      ['key-2', 'y'],
    ]);
    const readText = (path: string) => (path === '/keys' ? '# ours\nalice:one\n\ntwo,carol:three\n' : null);
    expect(keysOf({ env: { MLX_API_KEYS_FILE: '/keys', MLX_API_KEYS: 'zero' }, readText })).toEqual([
      ['key-1', 'zero'],
      ['alice', 'one'],
      ['key-2', 'two'],
      ['carol', 'three'],
    ]);
  });

  it('open an address beyond loopback; a file that holds none, or is not there, does not', () => {
    expect(problemsOf({ flags: { '--host': '0.0.0.0' }, env: { MLX_API_KEYS: 'k' } })).toEqual([]);
    for (const text of ['', '# none\n', null]) {
      const problems = problemsOf({ env: { MLX_API_KEYS_FILE: '/keys' }, readText: () => text });
      expect(problems).toEqual([expect.stringContaining('MLX_API_KEYS_FILE')]);
    }
  });

  it('show in no problem, and in no print of the configuration', () => {
    const [problem] = problemsOf({ env: { MLX_API_KEYS: 'good,has a space' } });
    expect(problem).toMatch(/entry 2/);
    expect(problem).not.toMatch(/good|space,/);
    const config = configOf({ env: { MLX_API_KEYS: 'alice:hidden', MLX_API_KEY: 'hidden' } });
    for (const printed of [JSON.stringify(config), inspect(config, { depth: 9 }), `${config.apiKey}`]) {
      expect(printed).not.toContain('hidden');
      expect(printed).toContain('***');
    }
  });

  it.each(['*', 'null', 'app.example', 'https://app.example/path', 'https://user@app.example'])(
    'do not stand for an origin: %s is none',
    (origin) => {
      expect(problemsOf({ env: { MLX_ALLOWED_ORIGINS: origin } })).toHaveLength(1);
    },
  );
});
