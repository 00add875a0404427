import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { configFileSchema } from './file-schema.ts';
import { type Config, loadConfig } from './load.ts';
import { settingsOfModel } from './model-settings.ts';
import { fileKey, settingNames, settings } from './settings.ts';

const machine = {
  platform: 'linux',
  arch: 'x64',
  cores: 2,
  memoryBytes: 1e10,
  homeDir: '/home/x',
  terminal: false,
} as const;
const findPath = (path: string): string | null => (path === 'nowhere' ? null : `/etc/x/${path}`);
const load = (text: string) => loadConfig({ flags: {}, env: {}, file: { name: 'c.yaml', text, findPath }, machine });
const problemsOf = (text: string): readonly string[] => {
  const loaded = load(text);
  return 'problems' in loaded ? loaded.problems : [];
};
function configOf(text: string): Config {
  const loaded = load(text);
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  return loaded.config;
}

const everyModelSetting = `
models:
  org/one:
    ttl: 1.5
    context_length: 4096
    kv_bits: 8
    draft_model: org/small
    adapter: lora/mine
    prompt_cache: 0.5
    sampling: { temperature: 0, top_p: 0.5, top_k: 7, min_p: 0.1, repetition_penalty: 1.2 }
  org/two: { pin: true }
  org/two:Q4_K_M: { ttl: 9 }
`;

describe('settings of single models', () => {
  it('are read, in the units of the server', () => {
    expect(configOf(everyModelSetting).models['org/one']).toEqual({
      ttlMs: 1500,
      pin: false,
      contextLength: 4096,
      kvBits: 8,
      draftModel: 'org/small',
      adapter: '/etc/x/lora/mine',
      promptCacheBytes: 2 ** 29,
      sampling: { temperature: 0, topP: 0.5, topK: 7, minP: 0.1, repetitionPenalty: 1.2 },
    });
  });

  it('hold for every tag of a name that has none of its own', () => {
    const { models } = configOf(everyModelSetting);
    expect(settingsOfModel(models, 'org/two:Q8_0').pin).toBe(true);
    expect(settingsOfModel(models, 'org/two:Q4_K_M')).toMatchObject({ pin: false, ttlMs: 9000 });
    expect(settingsOfModel(models, 'org/three')).toEqual({ pin: false, sampling: {} });
    expect(settingsOfModel(models, 'constructor')).toEqual({ pin: false, sampling: {} });
  });

  it('are refused with their line where they are wrong or unknown', () => {
    const text = `models:
  org/one:
    ttl: soon
    kv_bits: 5
    sampling:
      top_p: 2
      heat: 1
  ../two:
    pin: true
  org/three: { pin: true, ttl: 5 }
  org/four:`;
    const problems = problemsOf(text);
    const starts = [
      ['c.yaml:3: models.org/one.ttl', 'number'],
      ['c.yaml:4: models.org/one.kv_bits', 'must be 4 or 8'],
      ['c.yaml:6: models.org/one.sampling.top_p', '<=1'],
      ['c.yaml:7: models.org/one.sampling.heat', 'temperature, top_p'],
      ['c.yaml:8: models.../two', 'org/name'],
      ['c.yaml:10: models.org/three', 'both pin and ttl'],
      ['c.yaml:11: models.org/four', 'object'],
    ];
    expect(problems).toHaveLength(starts.length);
    for (const [start, reason] of starts) {
      const problem = problems.find((line) => line.startsWith(`${start} `));
      expect(problem, start).toContain(reason);
    }
  });
});

describe('what a model is tuned with', () => {
  it.each([
    ['adapter: nowhere', 'adapter names nothing on this disk: "nowhere"'],
    ['draft_model: small', 'draft_model is no model name'],
    ['draft_model: org/one', 'draft_model is the model itself'],
    ['prompt_cache: -1', 'prompt_cache is wrong'],
  ])('is refused with its line: %s', (line, reason) => {
    expect(problemsOf(`models:\n  org/one:\n    ${line}`)).toEqual([
      expect.stringContaining(`c.yaml:3: models.org/one.${reason}`),
    ]);
  });
});

describe('a configuration file', () => {
  it.each([
    ['aliases: { a/b: org/x }', 'not a usable alias'],
    ['aliases: { a: not-a-model }', 'must be a model name'],
    ['aliases: { default: org/x }', 'default_model'],
    ['host: { a: 1 }', 'not a map'],
    ['port: [1, 2]', 'not a list'],
    ['port:', 'has no value'],
    ['config_file: x', 'no known setting'],
    ['__proto__: { port: 1 }', 'no known setting'],
    ['port: 1\nport: 2', 'not YAML'],
    ['a: *nothing', 'not YAML'],
  ])('%j is refused', (text, reason) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(reason);
  });

  it('is told all that is no YAML in it, each with its line', () => {
    expect(problemsOf('a: [1\nb: "x\n').map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^c\.yaml:\d+:$/)]),
    );
  });
});

describe('the JSON Schema of the file', () => {
  const check = addFormats.default(new Ajv2020()).compile(configFileSchema());
  const good = [
    everyModelSetting,
    '{}',
    'port: 0\nlog_level: debug\notlp_endpoint: http://a:4318\nidle_timeout: 0.5\nuse_stdio: true\nmemory_budget: 3.5\nmodels_dirs: [/a, /b]',
    'api_keys: ["alice:one", two]\nallowed_hosts: "a.example,b.example:80"\naliases: { small: org/one }',
  ];
  const bad = [
    'otlp_endpoint: nowhere',
    'port: -1',
    'port: 65536',
    'port: 1.5',
    'log_level: loud',
    'idle_timeout: 0',
    'memory_budget: 0',
    'nonsense: 1',
    'models: { org/one: { kv_bits: 5 } }',
    'models: { org/one: { prompt_cache: -1 } }',
    'models: { org/one: { sampling: { top_p: 0 } } }',
    'models: { org/one: { context_length: 1.5 } }',
    'aliases: { a: 7 }',
  ];
  it.each([...good.map((text) => [text, true] as const), ...bad.map((text) => [text, false] as const)])(
    'judges %j as the server does',
    (text, isGood) => {
      expect([check(parseYaml(text)), problemsOf(text).length === 0]).toEqual([isGood, isGood]);
    },
  );

  it('has every setting of the table', () => {
    const { properties } = configFileSchema() as { properties: Record<string, { description: string }> };
    for (const name of settingNames.filter((each) => each !== 'configFile'))
      expect(properties[fileKey(name)]!.description).toContain(settings[name].doc);
  });
});
