import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const families = `mlx_server_info mlx_requests_total mlx_request_latency_seconds mlx_requests_in_progress
  mlx_tokens_generated_total mlx_tokens_per_second mlx_queue_depth mlx_queue_waiting mlx_queue_wait_seconds
  mlx_queue_full_rejects_total mlx_queue_timeouts_total mlx_rate_limit_rejects_total mlx_model_loaded
  mlx_model_memory_gb mlx_worker_alive mlx_active_requests mlx_prompt_tokens_total mlx_prompt_tokens_cached_total
  mlx_time_to_first_token_seconds mlx_inter_token_latency_seconds mlx_worker_exits_total
  mlx_generations_preempted_total mlx_generations_recovered_total mlx_model_load_seconds`.split(/\s+/);

it('the metrics have these families, whose names others rely on, and no others', async () => {
  const text = await createMetrics('1').text();
  expect([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]).sort()).toEqual([...families].sort());
});

it('the metrics have series for 64 models at the most, and one for all the others', async () => {
  const metrics = createMetrics('1');
  for (let n = 0; n < 1000; n += 1) {
    const about = { workerId: 'w', model: `org/m${n}` };
    metrics.add({ type: 'worker-started', ...about, pid: 1 });
    metrics.add({ type: 'tokens-generated', requestId: 'r', model: about.model, tokens: 1, sinceMs: 1, first: false });
  }
  const text = await metrics.text();
  const models = new Set([...text.matchAll(/model="([^"]+)"/g)].map((match) => match[1]));
  expect(models.size).toBe(65);
  expect(text).toContain('mlx_tokens_generated_total{model="other"} 936');
});

it('the metrics escape what a label could break out of', async () => {
  const metrics = createMetrics('1');
  metrics.add({ type: 'worker-started', workerId: 'w', model: 'x"} 1\n# HELP forged', pid: 1 });
  expect(await metrics.text()).toContain('mlx_worker_alive{model="x\\"} 1\\n# HELP forged"} 1');
});
