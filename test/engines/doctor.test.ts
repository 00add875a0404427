// The doctor on this machine: every engine loads its starter and writes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('finds nothing wrong here, having tried every engine', async () => {
  const program = fileURLToPath(new URL('../../bin/mlx-inference-server', import.meta.url));
  const args = ['doctor', '--json', '--port', '0', '--admin-port', '0'];
  const { stdout } = await promisify(execFile)(program, args);
  const { findings } = JSON.parse(stdout) as { findings: { name: string; verdict: string; detail: string }[] };
  expect(findings.filter(({ verdict }) => verdict === 'problem')).toEqual([]);
  const engines = findings.filter(({ name }) => name.startsWith('engine '));
  expect(engines.map(({ name }) => name)).toEqual(['engine llama', 'engine mlx-text', 'engine mlx-vision']);
  for (const { detail } of engines) expect(detail).toMatch(/loaded in [\d.]+ s, [1-8] tokens/);
});
