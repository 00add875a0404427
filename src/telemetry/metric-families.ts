// The families of GET /metrics: names, labels and buckets, which dashboards and alerts rely on.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createTokenHistogram } from './token-histogram.ts';

const secondsOfWork = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const secondsBetweenTokens = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function metricFamilies(registry: Registry) {
  const registers = [registry];
  /** Tokens by model since somebody asked last. */
  const newTokens = new Map<string, number>();
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter<T>({ name, help, labelNames, registers });
  const gauge = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Gauge<T>({ name, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, buckets: number[], ...labelNames: T[]) =>
    new Histogram<T>({ name, help, buckets, labelNames, registers });
  return {
    serverInfo: gauge('mlx_server_info', 'Always 1; the label says which version runs.', 'version'),
    requests: counter('mlx_requests_total', 'Finished HTTP requests.', 'endpoint', 'status'),
    requestLatency: histogram(
      'mlx_request_latency_seconds',
      'From the headers of a request to the end of its answer.',
      secondsOfWork,
      'endpoint',
    ),
    requestsInProgress: gauge('mlx_requests_in_progress', 'HTTP requests without an end yet.', 'endpoint'),
    tokensGenerated: new Counter({
      name: 'mlx_tokens_generated_total',
      help: 'Tokens generated.',
      labelNames: ['model'],
      registers,
      collect() {
        for (const [model, tokens] of newTokens) this.inc({ model }, tokens);
        newTokens.clear();
      },
    }),
    newTokens,
    tokensPerSecond: gauge('mlx_tokens_per_second', 'Decoding rate of the last finished answer.', 'model'),
    promptTokens: counter('mlx_prompt_tokens_total', 'Tokens of prompts.', 'model'),
    promptTokensCached: counter('mlx_prompt_tokens_cached_total', 'Of those, from the prefix cache.', 'model'),
    timeToFirstToken: histogram(
      'mlx_time_to_first_token_seconds',
      'From the acceptance of a request to its first token: queue, load and prefill.',
      secondsOfWork,
      'model',
    ),
    interTokenLatency: createTokenHistogram(registry, {
      name: 'mlx_inter_token_latency_seconds',
      help: 'Between one token of an answer and the next.',
      buckets: secondsBetweenTokens,
    }),
    activeRequests: gauge('mlx_active_requests', 'Generations that hold a place in a worker; paused ones do not.'),
    queueDepth: gauge('mlx_queue_depth', 'Generations that wait.'),
    queueWaiting: gauge('mlx_queue_waiting', 'Generations that wait, by priority.', 'priority'),
    queueWait: histogram('mlx_queue_wait_seconds', 'Wait for a place in a worker.', secondsOfWork, 'priority'),
    queueFullRejects: counter('mlx_queue_full_rejects_total', 'Generations refused with queue_full.'),
    queueTimeouts: counter('mlx_queue_timeouts_total', 'Generations that waited too long.', 'priority'),
    rateLimitRejects: counter('mlx_rate_limit_rejects_total', 'Requests refused with rate_limited.'),
    modelLoaded: gauge('mlx_model_loaded', '1 while the model can answer at once.', 'model'),
    modelMemory: gauge('mlx_model_memory_gb', 'Memory that the process of the model really holds, in GiB.', 'model'),
    modelLoad: histogram(
      'mlx_model_load_seconds',
      'From the start of a worker to its readiness.',
      secondsOfWork,
      'model',
    ),
    workerAlive: gauge('mlx_worker_alive', '1 while the worker process of the model lives.', 'model'),
    workerExits: counter('mlx_worker_exits_total', 'Ends of worker processes.', 'model', 'reason'),
    generationsPreempted: counter(
      'mlx_generations_preempted_total',
      'Generations that were paused for one of high priority.',
      'model',
    ),
    generationsRecovered: counter(
      'mlx_generations_recovered_total',
      'Generations that went on in a new worker.',
      'model',
    ),
  };
}
