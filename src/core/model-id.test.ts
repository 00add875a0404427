import { describe, expect, it } from 'vitest';
import { parseModelId, quoteModelId, requireModelId } from './model-id.ts';
import { ServerError } from './server-error.ts';

describe('a model name', () => {
  it('has an organisation, a name and maybe a tag', () => {
    expect(parseModelId('mlx-community/Qwen2.5-VL-7B_4bit')).toEqual({
      org: 'mlx-community',
      name: 'Qwen2.5-VL-7B_4bit',
      tag: undefined,
    });
    expect(parseModelId('org/name:Q4_K_M')?.tag).toBe('Q4_K_M');
  });

  it.each([
    '',
    '.',
    '../x',
    'a/..',
    'a/b/c',
    '/etc/passwd',
    '~/x',
    'C:\\x',
    '..%2f',
    'a/b..c',
    'a\u0000/b',
    'a/b\n',
    'a /b',
    '-a/b',
    'a/-b',
    '$(id)',
    ';id',
    'http://host/x',
    'file:///x',
    'mlx‑community/x',
    '．．／x',
    'a/b:',
    'a/b:../c',
    `${'x'.repeat(97)}/b`,
  ])('is never %j', (text) => {
    expect(parseModelId(text)).toBeUndefined();
    expect(() => requireModelId(text)).toThrow(ServerError);
  });

  it('is quoted short and in plain characters in an error', () => {
    expect(quoteModelId(`a\n\u001b[2J‮${'x'.repeat(10_000)}`)).toMatch(/^"[ -~]{1,120}"$/);
  });
});
