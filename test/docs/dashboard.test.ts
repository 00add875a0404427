import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dashboard, familiesLeftOut } from '../../docs/dashboard.mjs';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const { panels, templating, schemaVersion } = dashboard();
const queries = JSON.stringify([panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), templating]);
const named = new Set([...queries.matchAll(/\bmlx_[a-z_]+/g)].map((match) => match[0].replace(/_bucket$/, '')));

async function families(): Promise<string[]> {
  const text = await createMetrics('1').text();
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
}

it('docs/grafana/mlx-inference-server.json is the dashboard of docs/dashboard.mjs', () => {
  const committed = readFileSync(new URL('../../docs/grafana/mlx-inference-server.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(dashboard());
});

it('the dashboard asks for metrics that the server has, and for all of them but those left out', async () => {
  const known = await families();
  expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((name) => !named.has(name))).toEqual(Object.keys(familiesLeftOut));
});

it('the dashboard has what Grafana needs to load it: a schema, panels of their own place and id, queries', () => {
  expect(schemaVersion).toBeGreaterThanOrEqual(36);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { type, title, gridPos, targets } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    if (type === 'row') continue;
    expect(targets!.map(({ refId }) => refId)).toEqual(['A', 'B', 'C'].slice(0, targets!.length));
  }
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
