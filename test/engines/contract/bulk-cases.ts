// Messages over 64 KiB: by the pipe, by shared block, and by the pipe again where the block cannot be made.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ContractSetting } from './setting.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz234567';
const freshName = (): string => `/mlx-${Array.from(randomBytes(26), (byte) => letters[byte & 31]).join('')}`;

export function bulkCases({ worker }: ContractSetting): void {
  const ask = async (): Promise<string> => {
    const stop = ['x'.repeat(50_000), 'y'.repeat(50_000)];
    const id = worker().start({ input: { kind: 'text', text: 'Once upon a time' }, maxTokens: 4, stop });
    return (await worker().answer(id)).text;
  };

  describe('bulk bytes', () => {
    it.runIf(process.platform === 'linux')(
      'make the same answer by pipe, by shared block, and where no block can be made',
      async () => {
        const inline = await ask();
        const name = freshName();
        const file = `/dev/shm${name}`;
        worker().channel.useBlocks({ own: [name], granted: [] });
        expect(await ask()).toBe(inline);
        expect(worker().blockFailures).toEqual([]);
        expect(existsSync(file)).toBe(false);

        writeFileSync(file, 'planted', { mode: 0o600 });
        try {
          expect(await ask()).toBe(inline);
          expect(worker().blockFailures).toHaveLength(1);
          expect(readFileSync(file, 'utf8')).toBe('planted');
        } finally {
          rmSync(file);
        }
        expect(await ask()).toBe(inline);
      },
    );
  });
}
