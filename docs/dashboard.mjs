// The Grafana dashboard as data: rows of panels, each with its queries. docs/write-tables.mjs writes it as JSON; a test
// holds its queries against the metrics that the server has.

const perModel = 'model=~"$model"';
const share = (quantile, family, labels, selector = '') =>
  `histogram_quantile(${quantile}, sum by (le${labels === '' ? '' : `, ${labels}`}) (rate(${family}_bucket${selector}[$__rate_interval])))`;
const rate = (family, labels, selector = '') => `sum by (${labels}) (rate(${family}${selector}[$__rate_interval]))`;

/** Title, unit, kind of panel, width of 24, then queries as [expression, legend]. */
const rows = [
  [
    'Now',
    [
      ['Version', 'none', 'stat', 4, ['mlx_server_info', '{{version}}']],
      ['Requests without an end yet', 'none', 'stat', 5, ['sum(mlx_requests_in_progress)', '']],
      ['Generations that run', 'none', 'stat', 5, ['mlx_active_requests', '']],
      ['Generations that wait', 'none', 'stat', 5, ['mlx_queue_depth', '']],
      ['Models that can answer at once', 'none', 'stat', 5, ['sum(mlx_model_loaded)', '']],
    ],
  ],
  [
    'Requests',
    [
      [
        'Requests by endpoint and status',
        'reqps',
        'timeseries',
        12,
        [rate('mlx_requests_total', 'endpoint, status'), '{{endpoint}} {{status}}'],
      ],
      [
        'Time of a request',
        's',
        'timeseries',
        12,
        [share(0.5, 'mlx_request_latency_seconds', 'endpoint'), 'median {{endpoint}}'],
        [share(0.99, 'mlx_request_latency_seconds', 'endpoint'), '99 % {{endpoint}}'],
      ],
    ],
  ],
  [
    'Tokens',
    [
      [
        'Tokens a second',
        'none',
        'timeseries',
        8,
        [rate('mlx_tokens_generated_total', 'model', `{${perModel}}`), 'generated {{model}}'],
        [rate('mlx_prompt_tokens_total', 'model', `{${perModel}}`), 'of prompts {{model}}'],
        [rate('mlx_prompt_tokens_cached_total', 'model', `{${perModel}}`), 'from the cache {{model}}'],
      ],
      [
        'Time to the first token',
        's',
        'timeseries',
        8,
        [share(0.5, 'mlx_time_to_first_token_seconds', 'model', `{${perModel}}`), 'median {{model}}'],
        [share(0.99, 'mlx_time_to_first_token_seconds', 'model', `{${perModel}}`), '99 % {{model}}'],
      ],
      [
        'Between tokens',
        's',
        'timeseries',
        8,
        [share(0.5, 'mlx_inter_token_latency_seconds', 'model', `{${perModel}}`), 'median {{model}}'],
        [share(0.99, 'mlx_inter_token_latency_seconds', 'model', `{${perModel}}`), '99 % {{model}}'],
      ],
      [
        'Decoding rate of the last answer',
        'none',
        'timeseries',
        12,
        [`mlx_tokens_per_second{${perModel}}`, '{{model}}'],
      ],
      [
        'Share of prompt tokens from the cache',
        'percentunit',
        'timeseries',
        12,
        [
          `${rate('mlx_prompt_tokens_cached_total', 'model', `{${perModel}}`)} / ${rate('mlx_prompt_tokens_total', 'model', `{${perModel}}`)}`,
          '{{model}}',
        ],
      ],
    ],
  ],
  [
    'Queue',
    [
      ['Waiting by priority', 'none', 'timeseries', 8, ['mlx_queue_waiting', '{{priority}}']],
      [
        'Wait for a place (95 %)',
        's',
        'timeseries',
        8,
        [share(0.95, 'mlx_queue_wait_seconds', 'priority'), '{{priority}}'],
      ],
      [
        'Refused',
        'reqps',
        'timeseries',
        8,
        ['rate(mlx_queue_full_rejects_total[$__rate_interval])', 'queue full'],
        [rate('mlx_queue_timeouts_total', 'priority'), 'waited too long, {{priority}}'],
        ['rate(mlx_rate_limit_rejects_total[$__rate_interval])', 'rate limit'],
      ],
    ],
  ],
  [
    'Models and workers',
    [
      ['Memory of models', 'gbytes', 'timeseries', 8, [`mlx_model_memory_gb{${perModel}}`, '{{model}}']],
      ['Workers that live', 'none', 'timeseries', 8, [`mlx_worker_alive{${perModel}}`, '{{model}}']],
      [
        'Time to load (median)',
        's',
        'timeseries',
        8,
        [share(0.5, 'mlx_model_load_seconds', 'model', `{${perModel}}`), '{{model}}'],
      ],
      [
        'Ends of workers',
        'none',
        'timeseries',
        12,
        [
          `sum by (model, reason) (increase(mlx_worker_exits_total{${perModel}}[$__rate_interval]))`,
          '{{model}} {{reason}}',
        ],
      ],
      [
        'Answers that went on in a new worker, or were paused for others',
        'none',
        'timeseries',
        12,
        [
          `sum by (model) (increase(mlx_generations_recovered_total{${perModel}}[$__rate_interval]))`,
          '{{model}} recovered',
        ],
        [
          `sum by (model) (increase(mlx_generations_preempted_total{${perModel}}[$__rate_interval]))`,
          '{{model}} paused',
        ],
      ],
    ],
  ],
];

/** Families with no panel, and why. */
export const familiesLeftOut = {};

const datasource = { type: 'prometheus', uid: '$datasource' };
const panelHeight = 8;

function panelsOf() {
  const panels = [];
  let y = 0;
  for (const [title, members] of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: 24, h: 1 },
    });
    y += 1;
    let x = 0;
    for (const [name, unit, type, width, ...queries] of members) {
      const height = type === 'stat' ? 4 : panelHeight;
      if (x + width > 24) {
        x = 0;
        y += height;
      }
      panels.push({
        id: panels.length + 1,
        type,
        title: name,
        datasource,
        gridPos: { x, y, w: width, h: height },
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        ...(name === 'Version' ? { options: { textMode: 'name' } } : {}),
        targets: queries.map(([expr, legendFormat], index) => ({
          refId: String.fromCharCode(65 + index),
          datasource,
          expr,
          legendFormat,
        })),
      });
      x += width;
    }
    y += panelHeight;
  }
  return panels;
}

export const dashboard = () => ({
  title: 'MLX Inference Server',
  uid: 'mlx-inference-server',
  schemaVersion: 39,
  version: 1,
  editable: true,
  tags: ['mlx-inference-server'],
  time: { from: 'now-1h', to: 'now' },
  refresh: '10s',
  timezone: '',
  templating: {
    list: [
      { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
      {
        name: 'model',
        label: 'Model',
        type: 'query',
        datasource,
        query: { query: 'label_values(mlx_model_loaded, model)', refId: 'models' },
        refresh: 2,
        includeAll: true,
        multi: true,
        allValue: '.*',
        current: { text: 'All', value: '$__all' },
      },
    ],
  },
  annotations: { list: [] },
  panels: panelsOf(),
});
