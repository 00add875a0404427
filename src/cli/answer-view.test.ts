import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createAnswerView } from './answer-view.ts';

function shown(isTTY: boolean): string {
  const output = Object.assign(new PassThrough(), { isTTY, getColorDepth: () => 8 });
  const view = createAnswerView(output);
  view.onThought('Hm');
  view.onText('Yes\u001b[2J');
  view.end();
  return String(output.read());
}

it('shows thoughts dimmed, apart from the answer, and no terminal codes of the model', () => {
  expect(shown(true).replace(/\u001b\[2m(.*?)\u001b\[22m/, '($1)')).toBe('(Hm)\n\nYes[2J\n');
});

it('is the answer alone, as it is, where it is not a terminal', () => {
  expect(shown(false)).toBe('Yes\u001b[2J\n');
});
