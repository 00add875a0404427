import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { toolFormats } from '../../src/answer-formats/formats.ts';
import { templates } from '../fixtures/answers/transcripts.ts';

const text = readFileSync(new URL('../../docs/tools.md', import.meta.url), 'utf8');
const documented = [...text.matchAll(/^\| `([\w.-]+)` \| (?=.*\|.*$)/gm)].map((match) => match[1]!);

it('docs/tools.md names every form of calls that there is', () => {
  const names = [...toolFormats.map(({ name }) => name), 'harmony', 'generic'].sort();
  expect(documented.filter((name) => names.includes(name)).sort()).toEqual(names);
  expect(Object.keys(templates).sort()).toEqual(names);
});
