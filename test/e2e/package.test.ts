// The package as npm packs it: whole, small, with nothing in it that is of no use to who installs it.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const maxBytes = 10 * 1024 * 1024;

let folder: string;
let tarball: string;
let files: readonly string[];
const read = (path: string): string => readFileSync(join(folder, 'package', path), 'utf8');
const filesBelow = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-package-'));
  // What is built is packed: the build itself is not this test's.
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: project });
  tarball = join(folder, stdout.trim().split('\n').at(-1)!);
  await run('tar', ['-xzf', tarball, '-C', folder]);
  const root = join(folder, 'package');
  files = filesBelow(root).map((path) => relative(root, path));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('is at most 10 MB', () => {
    expect(statSync(tarball).size).toBeLessThanOrEqual(maxBytes);
  });

  it('has the server, the workers, the locks of their environments, the vision starter', () => {
    for (const path of [
      'bin/mlx-inference-server',
      'dist/cli/main.js',
      'dist/llama-worker/main.js',
      'dist/images/decoder/main.js',
      'python/mlx_workers/text/__main__.py',
      'python/mlx_workers/vision/__main__.py',
      'python/environments/text.txt',
      'python/environments/vision.txt',
      'python/environments/uv.txt',
      'setup/starter.txt',
      'models/shapes-vlm/model.safetensors',
      'LICENSE',
      'README.md',
    ]) {
      expect(files).toContain(path);
    }
  });

  it('has every file that its own set-up imports', () => {
    const imports = (path: string): string[] =>
      [...read(path).matchAll(/(?:from |import\()'(\.[^']+)'/g)].map((match) =>
        normalize(join(dirname(path), match[1]!)),
      );
    const scripts = files.filter((path) => path === 'bin/mlx-inference-server' || /^setup\/.*\.mjs$/.test(path));
    expect(scripts.length).toBeGreaterThan(20);
    for (const script of scripts) for (const path of imports(script)) expect(files, script).toContain(path);
  });

  it('has no test, no fixture, no map, nothing left by a tool', () => {
    const unwanted = /(^|[/_.-])(tests?|fixtures?|__pycache__)([/_.-]|$)|\.(map|tsbuildinfo|tgz|ts)$|(^|\/)\.[^/]+$/;
    expect(files.filter((path) => unwanted.test(path))).toEqual([]);
    const sources = new Set(filesBelow(join(project, 'src')).map((path) => relative(join(project, 'src'), path)));
    const built = files.filter((path) => path.startsWith('dist/')).map((path) => path.slice('dist/'.length));
    expect(built.filter((path) => !sources.has(path) && !sources.has(path.replace(/\.js$/, '.ts')))).toEqual([]);
  });

  it('names no folder of the machine it was packed on', () => {
    const own = [project, process.env.HOME ?? '']
      .map((path) => path.replace(/\/$/, ''))
      .filter((path) => path.length > 1);
    const texts = files.filter((path) => !path.endsWith('.safetensors'));
    for (const path of texts)
      for (const word of own) expect(read(path).includes(`${word}/`), `${path}: ${word}`).toBe(false);
  });

  it('is clean to publint and to attw', async () => {
    const { messages } = await publint({ pkgDir: join(folder, 'package'), pack: false, strict: true });
    expect(messages).toEqual([]);
    const attw = join(project, 'node_modules/.bin/attw');
    expect(existsSync(attw)).toBe(true);
    await run(attw, [tarball, '--no-color', '--no-emoji']); // Fails with what it found.
  });
});
