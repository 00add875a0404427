// The one table of settings: name, environment variable, flag, default, parser, meaning.
// Flags, environment and file are read through it, and docs/configuration.md is printed from it.
import { join } from 'node:path';
import { accessSettings } from './access-settings.ts';
import { hubSettings } from './hub-settings.ts';
import { imageSettings } from './image-settings.ts';
import { limitSettings } from './limit-settings.ts';
import { type Machine, type RamTier, ramTier } from './machine.ts';
import { folderList, gigabytes, oneOf, promptCacheGigabytes, seconds, text, wholeNumber, yesOrNo } from './parsers.ts';
import { queueSettings } from './queue-settings.ts';
import { type Setting, setting } from './setting.ts';
import { traceSettings } from './trace-settings.ts';

const byTier =
  <T>(values: Readonly<Record<RamTier, T>>) =>
  (machine: Machine): T =>
    values[ramTier(machine.memoryBytes)];

const gibibyte = 1024 ** 3;

/** Seed: what models may use together: RAM−20 from 64 GB, RAM−8 from 24 GB, else the larger of RAM/2 and RAM−4. */
function memoryBudget({ memoryBytes }: Machine): number {
  const tier = ramTier(memoryBytes);
  if (tier === 'large') return memoryBytes - 20 * gibibyte;
  if (tier === 'medium') return memoryBytes - 8 * gibibyte;
  return Math.max(memoryBytes / 2, memoryBytes - 4 * gibibyte);
}

export const settings = {
  host: setting({
    env: 'MLX_HOST',
    flag: '--host',
    parse: text,
    fallback: () => '127.0.0.1',
    shownDefault: '127.0.0.1',
    doc: 'Address of the API.',
  }),
  port: setting({
    env: 'MLX_PORT',
    flag: '--port',
    parse: wholeNumber(0, 65_535),
    fallback: () => 11_440,
    shownDefault: '11440',
    doc: 'Port of the API; 0 takes any free one.',
  }),
  adminHost: setting({
    env: 'MLX_ADMIN_HOST',
    flag: '--admin-host',
    parse: text,
    fallback: () => '127.0.0.1',
    shownDefault: '127.0.0.1',
    doc: 'Address of the admin port.',
  }),
  adminPort: setting({
    env: 'MLX_ADMIN_PORT',
    flag: '--admin-port',
    parse: wholeNumber(0, 65_535),
    fallback: () => 11_441,
    shownDefault: '11441',
    doc: 'Port of the admin API; 0 takes any free one.',
  }),
  useStdio: setting({
    env: 'MLX_USE_STDIO',
    flag: null,
    parse: yesOrNo,
    fallback: () => false,
    shownDefault: '0',
    doc: 'Send bulk bytes (images, long prompts) to workers through their pipes, not through shared memory.',
    reload: 'at the next load',
  }),
  ...accessSettings,
  model: setting<string | null>({
    env: null,
    flag: '--model',
    parse: text,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'Model to load at start.',
  }),
  defaultModel: setting({
    env: null,
    flag: null,
    parse: text,
    fallback: ({ platform, arch }) =>
      platform === 'darwin' && arch === 'arm64'
        ? 'starter/smollm2-135m-instruct'
        : 'starter/smollm2-135m-instruct-gguf',
    shownDefault: 'the starter model',
    doc: 'Model of requests that name none, or "default".',
    reload: 'at once',
  }),
  modelsDirs: setting<readonly string[]>({
    env: 'MLX_MODELS_DIR',
    flag: '--models-dir',
    parse: folderList,
    fallback: () => [],
    shownDefault: 'none',
    doc: 'Folders with models as org/name; the flag may be repeated, the variable separates them with a colon.',
  }),
  huggingFaceHome: setting({
    env: 'HF_HOME',
    flag: null,
    parse: text,
    fallback: ({ homeDir }) => join(homeDir, '.cache', 'huggingface'),
    shownDefault: '~/.cache/huggingface',
    doc: 'Hugging Face folder; its hub cache is searched for models, in the layout shared with Python.',
  }),
  ...hubSettings,
  stateDir: setting({
    env: 'MLX_STATE_DIR',
    flag: '--state-dir',
    parse: text,
    fallback: () => '/tmp/mlx-server',
    shownDefault: '/tmp/mlx-server',
    doc: 'Folder for the worker registry, created with mode 0700.',
  }),
  configFile: setting<string | null>({
    env: 'MLX_CONFIG',
    flag: '--config',
    parse: text,
    fallback: () => null,
    shownDefault: '~/.config/mlx-inference-server/config.yaml',
    doc: 'Configuration file (YAML).',
  }),
  readyFile: setting<string | null>({
    env: null,
    flag: '--ready-file',
    parse: text,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'File written once both ports answer, removed at exit.',
  }),
  logLevel: setting({
    env: 'MLX_LOG_LEVEL',
    flag: '--log-level',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    fallback: () => 'info' as const,
    shownDefault: 'info',
    doc: 'Least severe log lines written.',
    reload: 'at once',
  }),
  logFormat: setting({
    env: 'MLX_LOG_FORMAT',
    flag: '--log-format',
    parse: oneOf('pretty', 'json'),
    fallback: ({ terminal }) => (terminal ? ('pretty' as const) : ('json' as const)),
    shownDefault: 'pretty on a terminal, else json',
    doc: 'Form of the log on standard error.',
  }),
  logDir: setting<string | null>({
    env: 'MLX_LOG_DIR',
    flag: null,
    parse: text,
    fallback: () => null,
    shownDefault: 'none: standard error',
    doc: 'Folder for the log: server.log and five older files of 10 MB.',
  }),
  requestTimeoutMs: setting({
    env: 'MLX_REQUEST_TIMEOUT',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: byTier({ large: 600_000, medium: 300_000, small: 180_000 }),
    shownDefault: '600, 300 or 180 by RAM tier',
    doc: 'Seconds a worker may go without any progress on a request before it is killed.',
    reload: 'at the next load',
  }),
  modelLoadTimeoutMs: setting({
    env: 'MLX_MODEL_LOAD_TIMEOUT',
    flag: null,
    parse: seconds(0.1, 86_400),
    fallback: byTier({ large: 300_000, medium: 180_000, small: 120_000 }),
    shownDefault: '300, 180 or 120 by RAM tier',
    doc: 'Seconds a worker may take to load its model.',
    reload: 'at the next load',
  }),
  idleTimeoutMs: setting({
    env: 'MLX_IDLE_TIMEOUT',
    flag: null,
    parse: seconds(0.1, 31_536_000),
    fallback: byTier({ large: 600_000, medium: 300_000, small: 180_000 }),
    shownDefault: '600, 300 or 180 by RAM tier',
    doc: 'Seconds without use after which a model is unloaded.',
    reload: 'at once',
  }),
  maxConcurrentRequests: setting({
    env: 'MLX_MAX_CONCURRENT_REQUESTS',
    flag: null,
    parse: wholeNumber(1, 1024),
    fallback: byTier({ large: 32, medium: 16, small: 8 }),
    shownDefault: '32, 16 or 8 by RAM tier',
    doc: 'Requests that run together in one worker.',
  }),
  decodeStallTargetMs: setting<number | null>({
    env: 'MLX_DECODE_STALL_TARGET_MS',
    flag: null,
    parse: wholeNumber(20, 60_000),
    fallback: () => null,
    shownDefault: '500 on a GPU; on a CPU prompts are computed in short pieces of a fixed length',
    doc: 'Milliseconds a running answer may stand still while another prompt is computed.',
  }),
  memoryBudgetBytes: setting({
    env: 'MLX_MEMORY_BUDGET_GB',
    flag: null,
    parse: gigabytes,
    fallback: memoryBudget,
    shownDefault: 'RAM−20, RAM−8 or max(RAM/2, RAM−4) by RAM tier',
    doc: 'Gigabytes that all loaded models may use together.',
    reload: 'at once',
  }),
  promptCacheBytes: setting<number | null>({
    env: 'MLX_PROMPT_CACHE_GB',
    flag: null,
    parse: promptCacheGigabytes,
    fallback: () => null,
    shownDefault: 'an eighth of the memory budget, 4 at the most',
    doc: 'Gigabytes of KV cache that the worker of a model keeps for prompts that begin alike; 0 keeps none.',
    reload: 'at the next load',
  }),
  ...queueSettings,
  ...limitSettings,
  gracefulShutdownTimeoutMs: setting({
    env: 'MLX_GRACEFUL_SHUTDOWN_TIMEOUT',
    flag: null,
    parse: seconds(0, 86_400),
    fallback: () => 60_000,
    shownDefault: '60',
    doc: 'Seconds that running requests may take to finish after SIGTERM.',
    reload: 'at once',
  }),
  ...imageSettings,
  ...traceSettings,
} as const;

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as readonly SettingName[];

type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type SettingValues = { readonly [K in SettingName]: ValueOf<(typeof settings)[K]> };

/** `requestTimeoutMs` → `request_timeout`: the key in the configuration file; units are those of the documentation. */
export const fileKey = (name: SettingName): string =>
  name.replace(/(Ms|Bytes)$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
