// Every engine for real: loads its starter model in a worker of a server of its own and lets it write eight tokens.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { toServerError } from '../../core/index.ts';
import { type RunningServer, startServer } from '../running-server.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const starters = {
  llama: 'starter/smollm2-135m-instruct-gguf',
  'mlx-text': 'starter/smollm2-135m-instruct',
  'mlx-vision': 'starter/shapes-vlm',
} as const;
const tokens = 8;

/** On free ports, with a state directory of its own: a server that runs is not touched. */
export async function engines(config: Config): Promise<readonly Finding[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'mlx-doctor-'));
  const quiet = {
    port: 0,
    adminPort: 0,
    host: '127.0.0.1',
    adminHost: '127.0.0.1',
    logLevel: 'silent',
  } as const;
  try {
    const server = await startServer({ ...config, ...quiet, stateDir });
    try {
      const findings: Finding[] = [];
      for (const [engine, model] of Object.entries(starters)) findings.push(await tryEngine(server, engine, model));
      return findings;
    } finally {
      await server.stopNow();
    }
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function tryEngine(
  { catalogue, fleet, generate }: RunningServer,
  engine: string,
  model: string,
): Promise<Finding> {
  const name = `engine ${engine}`;
  const startedMs = performance.now();
  const { signal } = new AbortController();
  try {
    const { ready } = await fleet.load(await catalogue.resolve(model), signal);
    const loadedMs = performance.now();
    let written = 0;
    const order = {
      id: `doctor-${engine}`,
      model,
      input: { kind: 'text', text: 'The sea' },
      sampling: { temperature: 0 },
      stop: [],
      maxTokens: tokens,
      topLogprobs: undefined,
      priority: 'normal',
    } as const;
    for await (const event of generate(order, {
      client: 'doctor',
      signal,
      maxWaitingBytes: Number.POSITIVE_INFINITY,
    })) {
      if (event.type === 'token-delta') written += event.tokenIds.length;
    }
    await fleet.unload(undefined);
    const [loadSeconds, seconds] = [(loadedMs - startedMs) / 1000, (performance.now() - loadedMs) / 1000];
    const took = `loaded in ${loadSeconds.toFixed(1)} s, ${written} tokens in ${seconds.toFixed(1)} s`;
    return ok(name, `${ready.engineVersion} on ${ready.device}: ${took}`);
  } catch (error) {
    const { code, message } = toServerError(error);
    if (code === 'model_not_found')
      return warning(name, `not tried: ${model} is not here`, 'Run "mlx-inference-server setup".');
    return problem(
      name,
      message,
      'Run "mlx-inference-server setup"; if that does not help, "serve --log-level debug" tells more.',
    );
  }
}
