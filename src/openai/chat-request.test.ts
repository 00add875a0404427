import { describe, expect, it } from 'vitest';
import { readChatRequest } from './chat-request.ts';

const read = (content: unknown) => {
  const [generation] = readChatRequest(
    { messages: [{ role: 'user', content }] },
    { requestId: 'r', priority: 'normal' },
  ).generations;
  const { input } = generation!;
  return input.kind === 'chat' ? input.messages[0]!.content : undefined;
};
const image = (image_url: unknown) => ({ type: 'image_url', image_url });
const text = (words: string) => ({ type: 'text', text: words });

describe('the content of a message', () => {
  it('keeps the place of each image among the texts', () => {
    expect(read([text('a'), image({ url: 'x', detail: 'high' }), text('b'), image('y')])).toEqual([
      text('a'),
      { type: 'image', source: 'x' },
      text('b'),
      { type: 'image', source: 'y' },
    ]);
    expect(read([image({ url: 'x', detail: null })])).toEqual([{ type: 'image', source: 'x' }]);
  });

  it('of texts alone is one text', () => {
    expect(read([text('a'), text('b')])).toBe('a\nb');
    expect(read('a')).toBe('a');
  });

  it.each([
    ['no URL', image({})],
    ['a URL of a wrong type', image({ url: 7 })],
    ['a detail of a wrong type', image({ url: 'x', detail: 7 })],
    ['null for a URL', image(null)],
    ['nothing', { type: 'image_url' }],
    ['no text', { type: 'text' }],
  ])('with %s is refused', (_, part) => {
    const refusal = { code: 'invalid_request', param: expect.stringContaining('messages[0].content') };
    expect(() => read([text('a'), part])).toThrow(expect.objectContaining(refusal));
  });

  it.each(['input_image', 'input_audio', 'file'])('of type %s is not supported', (type) => {
    const refusal = { code: 'model_unsupported', param: 'messages[0].content' };
    expect(() => read([{ type, [type]: {} }])).toThrow(expect.objectContaining(refusal));
  });
});
