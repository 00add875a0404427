// docs/troubleshooting.md has a section for every finding that the doctor can make: the calls of `problem` and `warning` in its
// sources are read, each with its name and with what is fixed in its text.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';

const folder = new URL('../../src/cli/doctor/', import.meta.url);
const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const headings = [...page.matchAll(/^### (.*)$/gm)].map((match) => match[1]!);

interface Made {
  readonly file: string;
  readonly line: number;
  /** The longest part of its text that is always the same; empty when the text comes from elsewhere. */
  readonly fixed: string;
}

/** The parts of a text that stand in the source. */
const partsOf = (node: ts.Expression): readonly string[] => {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
  return [];
};

const trimmed = (text: string): string => text.replace(/^[\s:;,]+|[\s:;,(]+$/g, '');
const longest = (parts: readonly string[]): string =>
  parts.map(trimmed).reduce((best, part) => (part.length > best.length ? part : best), '');

function findingsOf(file: string): readonly Made[] {
  const source = ts.createSourceFile(file, readFileSync(new URL(file, folder), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Made[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ['problem', 'warning'].includes(node.expression.getText())) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ file, line, fixed: longest(partsOf(node.arguments[1]!)) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const findings = readdirSync(folder)
  .filter((name) => /^(?!.*\.test\.).*\.ts$/.test(name) && name !== 'finding.ts')
  .flatMap(findingsOf);

it('there are findings to look for', () => {
  expect(findings.length).toBeGreaterThan(15);
  expect(findings.filter(({ fixed }) => fixed === '').map(({ file }) => file)).toEqual(
    ['network.ts', 'engines.ts'].sort(),
  );
});

it.each(findings.filter(({ fixed }) => fixed !== ''))('$file:$line, "$fixed", has its section', ({ fixed }) => {
  expect(headings.filter((heading) => heading.includes(fixed))).not.toEqual([]);
});
