// What `estimate` says of each starter against what its worker really holds once a prompt as long as the context has run.
// Short contexts: `npm run bench -- memory` has the long ones.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { bytesAlone } from '../../bench/harness/process-facts.ts';
import { jsonOf, post } from '../e2e/test-server.ts';
import { startRealServer, workerPid } from './real-server.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const starters = fileURLToPath(new URL('../../.runtime/models', import.meta.url));
const answerTokens = 4;

/** Prompts of tokens that all starters have. */
const promptOf = (length: number): number[] => Array.from({ length }, (_, place) => 5 + ((place * 37) % 200));

it.runIf(process.platform === 'linux').each([
  ['starter/smollm2-135m-instruct', 32],
  ['starter/smollm2-135m-instruct', 96],
  ['starter/smollm2-135m-instruct-gguf', 256],
  ['starter/smollm2-135m-instruct-gguf', 1024],
  ['starter/shapes-vlm', 256],
  ['starter/shapes-vlm', 1024],
])('%s with a context of %i tokens takes what was estimated, within 15 per cent', async (model, contextLength) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-memory-'));
  const config = join(folder, 'config.yaml');
  writeFileSync(config, `models: { ${model}: { context_length: ${contextLength} } }\n`);
  // A file of its own: of one that a second server maps too, each holds a share.
  cpSync(join(starters, model), join(folder, 'models', model), { recursive: true });
  const env = { MLX_CONFIG: config, MLX_MODELS_DIR: join(folder, 'models'), MLX_MAX_CONCURRENT_REQUESTS: '4' };
  const server = await startRealServer(env);
  try {
    const prompt = promptOf(contextLength - answerTokens);
    const answer = await post(`${server.apiUrl}/v1/completions`, { model, prompt, max_tokens: answerTokens });
    expect((await jsonOf(answer)).usage.prompt_tokens).toBe(prompt.length);
    const measured = bytesAlone(await workerPid(server, model), server.pid);
    const args = [main, 'estimate', model, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
    const estimate = JSON.parse(stdout) as { contextLength: number; afterOnePrompt: { totalBytes: number } };
    expect(estimate.contextLength).toBe(contextLength);
    const ratio = estimate.afterOnePrompt.totalBytes / measured;
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
