import { expect, test } from 'vitest';
import { outputsOf } from './server-build.mjs';

test('TypeScript becomes JavaScript, other files keep their names', () => {
  expect(outputsOf(['src/cli/main.ts', 'src/gateway/dashboard/page.html'])).toEqual([
    'cli/main.js',
    'gateway/dashboard/page.html',
  ]);
});
