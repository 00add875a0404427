import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBlockFrame } from './block-frame.ts';
import { parseFromWorker, parseToWorker } from './message.ts';
import { ProtocolError } from './protocol-error.ts';

interface Golden {
  readonly name: string;
  readonly direction: 'to-worker' | 'from-worker' | 'either';
  readonly value: Record<string, unknown>;
}

const golden = JSON.parse(
  readFileSync(new URL('../../protocol/golden/frames.json', import.meta.url), 'utf8'),
  (key, value: unknown) =>
    ['pixels', 'body', 'vectors'].includes(key) ? Buffer.from(value as string, 'base64') : value,
) as Golden[];
const parsers = { 'to-worker': parseToWorker, 'from-worker': parseFromWorker, either: readBlockFrame };
const parserOf = ({ direction }: Golden) => parsers[direction];

describe('messages', () => {
  it.each(golden)('of golden frame $name are accepted in their direction', (frame) => {
    expect(parserOf(frame)(frame.value)).toEqual(frame.value);
  });

  it.each(golden)('like $name with one key more, or one less, are refused', (frame) => {
    const parse = parserOf(frame);
    expect(() => parse({ ...frame.value, surprise: 1 })).toThrow(ProtocolError);
    const optional = [
      'purpose',
      'ending',
      'breakAfter',
      'goOnWith',
      'promptLogprobs',
      'cacheTokens',
      'kvBits',
      'draftPath',
      'adapterPath',
      ...(frame.direction === 'either' ? ['type'] : ['promptEnd']),
    ];
    for (const key of Object.keys(frame.value).filter((name) => !optional.includes(name))) {
      const { [key]: _, ...rest } = frame.value;
      expect(() => parse(rest), key).toThrow(ProtocolError);
    }
  });

  it.each([null, 1, 'x', [], {}, { type: 'unknown' }])('are never %j', (value) => {
    expect(() => parseToWorker(value)).toThrow(ProtocolError);
    expect(() => parseFromWorker(value)).toThrow(ProtocolError);
  });

  it('of the other direction are refused', () => {
    expect(() => parseFromWorker({ type: 'shutdown' })).toThrow(ProtocolError);
    expect(() => parseToWorker({ type: 'pong', nonce: 1 })).toThrow(ProtocolError);
  });
});
