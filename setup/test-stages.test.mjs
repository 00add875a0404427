import { expect, test } from 'vitest';
import config from '../vitest.config.ts';
import { everyStage, vitestProjects } from './test-stages.mjs';

test('npm test runs every vitest project that is configured', () => {
  expect(vitestProjects).toEqual(config.test.projects.map((project) => project.test.name));
});

test('the import rules do not pass when nothing was cruised', () => {
  const { accepts } = everyStage().find(({ name }) => name === 'import rules');
  expect(accepts('✔ no dependency violations found (0 modules, 0 dependencies cruised)')).toBe(false);
  expect(accepts('✔ no dependency violations found (57 modules, 120 dependencies cruised)')).toBe(true);
});
