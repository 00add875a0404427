// The stages of `npm test` and `npm run check`, in order: what each runs, and how its result is counted.
// kind `check` counts as one; `vitest` and `pytest` leave a report that is counted test by test.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pythonOf, root, runtime } from './project.mjs';

const reports = join(runtime, 'reports');
const script = (path) => join(root, 'node_modules', path);
const node = (name, path, args, extra = {}) => ({
  name,
  kind: 'check',
  command: process.execPath,
  args: [script(path), ...args],
  ...extra,
});

/** Every vitest project that there is; a test holds this list against vitest.config.ts. */
export const vitestProjects = ['unit', 'e2e', 'engines', 'faults', 'fuzz'];

const types = node('types', 'typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']);
const biome = node('biome', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']);
const eslint = node('eslint', 'eslint/bin/eslint.js', ['--max-warnings', '0', 'src', 'test', 'bench']);
const rules = node('import rules', 'dependency-cruiser/bin/dependency-cruise.mjs', cruise(), {
  // With a TypeScript that it does not know it checks nothing and is content.
  accepts: (output) => Number(/\((\d+) modules/.exec(output)?.[1] ?? 0) > 0,
});
const knip = node('knip', 'knip/bin/knip.js', []);

function cruise() {
  return ['--config', '.dependency-cruiser.mjs', 'src'];
}

function vitest(project) {
  const report = join(reports, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return node(`${project} tests`, 'vitest/vitest.mjs', args, { kind: 'vitest', report });
}

function python(name, args, extra = {}) {
  return { name, kind: 'check', command: pythonOf('dev'), args: ['-m', ...args], cwd: join(root, 'python'), ...extra };
}

function pytest() {
  const report = join(reports, 'pytest.xml');
  return python('python tests', ['pytest', `--junitxml=${report}`], { kind: 'pytest', report });
}

const ruff = [python('ruff', ['ruff', 'check', '.']), python('ruff format', ['ruff', 'format', '--check', '.'])];
const pyright = python('pyright', ['pyright', '--pythonpath', pythonOf('dev')]);
const knipIfConfigured = () => (existsSync(join(root, 'knip.json')) ? [knip] : []);

export const everyStage = () => [
  types,
  biome,
  eslint,
  rules,
  ...knipIfConfigured(),
  ...ruff,
  pyright,
  ...vitestProjects.map(vitest),
  pytest(),
];

export const quickStages = () => [
  types,
  biome,
  eslint,
  rules,
  ...knipIfConfigured(),
  ...(existsSync(pythonOf('dev')) ? ruff : []),
  vitest('unit'),
];
