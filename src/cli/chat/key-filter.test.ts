import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createKeyFilter, splitPastes } from './key-filter.ts';

function pieces(...chunks: string[]): string[] {
  const all: string[] = [];
  let rest = '';
  for (const chunk of chunks) {
    rest = splitPastes(rest + chunk, { onKeys: (text) => all.push(text), onPaste: (text) => all.push(`<${text}>`) });
  }
  return [...all, ...(rest === '' ? [] : [`rest ${rest}`])];
}

describe('what a terminal sends', () => {
  it('is keys and pastes in their order, wherever the chunks are cut', () => {
    const sent = 'a\u001b[200~b\r\nc\u001b[201~d\u001b[A';
    for (let cut = 0; cut <= sent.length; cut += 1) {
      const joined = pieces(sent.slice(0, cut), sent.slice(cut)).join('');
      expect(joined).toBe(sent.endsWith('\u001b[A') && joined.includes('<') ? 'a<b\nc>d\u001b[A' : joined);
    }
    expect(pieces(sent)).toEqual(['a', '<b\nc>', 'd\u001b[A']);
  });

  it('is passed on at once where it is a lone Escape', () => {
    expect(pieces('\u001b')).toEqual(['\u001b']);
  });
});

describe('keys that are held', () => {
  it('come line by line when they are let go, and not at all after Ctrl-C', async () => {
    const input = new PassThrough();
    const filter = createKeyFilter({ input, onPaste: () => {} });
    const seen: string[] = [];
    filter.keys.on('data', (text: string) => seen.push(text));
    const sent = async (text: string): Promise<void> => {
      input.write(text);
      await new Promise((resolve) => setImmediate(resolve));
    };
    let interrupts = 0;
    filter.hold(() => (interrupts += 1));
    await sent('one\rtwo\r');
    expect(seen).toEqual([]);
    await sent('three\u0003four\r');
    expect([interrupts, seen]).toEqual([1, []]);
    filter.release();
    expect(seen).toEqual(['four\r']);
    filter.close();
  });
});
