// The keyword table of docs/structured-output.md says what the llama worker's converter does.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { constraintGrammar } from '../../src/llama-worker/grammar/constraint-grammar.ts';
import { formatPatterns } from '../../src/llama-worker/grammar/json-formats.ts';
import { keywordsOfType, refusedKeywords } from '../../src/llama-worker/grammar/json-schema.ts';

const page = readFileSync(new URL('../../docs/structured-output.md', import.meta.url), 'utf8');
const [, table = ''] = page.split(/<!-- \/?keywords -->/);
const rows = table
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, keywords = '', mlx = '', gguf = '']) => ({
    keywords: [...keywords.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
    mlx,
    gguf,
  }));

describe('the keyword table', () => {
  it('has every keyword that is read, and calls refused those alone that are', () => {
    const listed = rows.flatMap(({ keywords }) => keywords);
    for (const keyword of Object.values(keywordsOfType).flat()) expect(listed).toContain(keyword);
    for (const { keywords, gguf } of rows) {
      for (const keyword of keywords) expect(refusedKeywords.includes(keyword), keyword).toBe(gguf === 'no');
    }
  });

  it('names every format that is taken', () => {
    const { mlx = '' } = rows.find(({ keywords }) => keywords[0] === 'format') ?? {};
    expect([...mlx.matchAll(/`([^`]+)`/g)].map(([, name]) => name)).toEqual(Object.keys(formatPatterns));
    for (const format of Object.keys(formatPatterns)) {
      const schema = JSON.stringify({ type: 'string', format });
      expect(constraintGrammar({ form: { kind: 'json_schema', schema }, after: null })).toContain('root ::=');
    }
  });
});
