import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');
const text = read('docs/ARCHITECTURE.md');
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
const paths = [...new Set(quoted.filter((word) => /^[\w.-]+\/[\w./-]*$/.test(word)))];
/** "`name` in `path`", with at most a line break between. */
const symbols = [...text.matchAll(/`(\w+)` in\s+`([\w./-]+)`/g)].map((match) => ({ name: match[1]!, path: match[2]! }));

describe('docs/ARCHITECTURE.md', () => {
  it('names enough to be worth checking', () => {
    expect(paths.length).toBeGreaterThan(20);
    expect(symbols.length).toBeGreaterThan(12);
  });

  it.each(paths)('names %s, which exists', (path) => {
    expect(existsSync(root + path)).toBe(true);
  });

  it.each(symbols)('names $name in $path, which exports it', ({ name, path }) => {
    expect(read(path)).toMatch(
      new RegExp(`export (abstract )?(async )?(class|function\\*?|const|interface|type) ${name}\\b`),
    );
  });
});

describe('README.md', () => {
  it.each([...read('README.md').matchAll(/\]\(((?:docs|protocol)\/[\w./-]+)\)/g)].map((match) => match[1]!))(
    'links to %s, which exists',
    (path) => {
      expect(existsSync(root + path)).toBe(true);
    },
  );
});
