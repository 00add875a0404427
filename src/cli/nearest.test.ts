import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const models = ['starter/smollm2-135m-instruct', 'starter/smollm2-135m-instruct-gguf', 'starter/shapes-vlm'];

it('knows what may have been meant by a name that is nearly right, or by its end', () => {
  expect(nearest('starter/shapes-vml', models)).toEqual(['starter/shapes-vlm']);
  expect(nearest('shapes', models)).toEqual(['starter/shapes-vlm']);
  expect(nearest('smollm2', models)).toEqual(models.slice(0, 2));
  expect(nearest('/sytem', ['/system', '/set'])[0]).toBe('/system');
});

it('proposes nothing for a name that is like none', () => {
  expect(nearest('org/quite-another-thing', models)).toEqual([]);
  expect(nearest('/x', ['/system', '/save'])).toEqual([]);
});
