import { describe, expect, it } from 'vitest';
import { type Config, loadConfig } from './load.ts';
import { planReload } from './plan-reload.ts';

const machine = {
  platform: 'linux',
  arch: 'x64',
  cores: 2,
  memoryBytes: 1e10,
  homeDir: '/home/x',
  terminal: false,
} as const;
function configOf(text: string, flags: Record<string, string> = {}): Config {
  const loaded = loadConfig({ flags, env: {}, file: { name: 'c.yaml', text, findPath: (path) => path }, machine });
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  return loaded.config;
}
function planned(before: string, after: string) {
  const plan = planReload(configOf(before), configOf(after));
  if ('problems' in plan) throw new Error(plan.problems.join('\n'));
  return plan;
}

describe('a reload', () => {
  it('sorts what is different by when it counts, and takes no more than that', () => {
    const { config, result } = planned(
      'port: 1\nqueue_max_depth: 1\nrequest_timeout: 10\napi_keys: ["a:1"]',
      'port: 2\nqueue_max_depth: 2\nrequest_timeout: 20\napi_keys: ["a:2"]\naliases: { x: org/x }',
    );
    expect(result).toEqual({
      changed: ['api_keys', 'queue_max_depth', 'aliases'],
      atNextLoad: ['request_timeout'],
      atRestart: ['port'],
    });
    expect(config).toMatchObject({ port: 1, queueMaxDepth: 2, requestTimeoutMs: 20_000, aliases: { x: 'org/x' } });
    expect(config.apiKeys[0]!.secret.reveal()).toBe('2');
  });

  it('of an unchanged file changes nothing', () => {
    const text = 'api_keys: [one]\nmodels: { org/a: { ttl: 1, context_length: 99 } }';
    expect(planned(text, text).result).toEqual({ changed: [], atNextLoad: [], atRestart: [] });
  });

  it.each([
    ['kv_bits', 4, 8],
    ['draft_model', 'org/b', 'org/c'],
    ['adapter', 'a', 'b'],
    ['prompt_cache', 1, 0],
  ])('leaves %s of a model that is loaded as it is', (key, before, after) => {
    const of = (value: string | number) => `models: { org/a: { ${key}: ${value} } }`;
    expect(planned(of(before), of(after)).result).toEqual({
      changed: [],
      atNextLoad: [`models.${key}`],
      atRestart: [],
    });
  });

  it('tells the context length of a model from the rest of its settings', () => {
    const one = 'models: { org/a: { ttl: 1, context_length: 99 } }';
    expect(planned(one, 'models: { org/a: { ttl: 1, context_length: 98 } }').result).toMatchObject({
      changed: [],
      atNextLoad: ['models.context_length'],
    });
    expect(planned(one, 'models: { org/a: { ttl: 2, context_length: 99 } }').result).toMatchObject({
      changed: ['models'],
      atNextLoad: [],
    });
  });

  it('does not open the address in use: keys stay where only the file has gone back to loopback', () => {
    const open = configOf('host: 0.0.0.0\napi_keys: [k]');
    expect(planReload(open, configOf('host: 127.0.0.1'))).toEqual({
      problems: [expect.stringContaining('0.0.0.0 is open to others')],
    });
  });
});
