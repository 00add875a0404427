import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes, errorTable, ServerError, shuttingDown, toServerError } from './server-error.ts';

describe('a server error', () => {
  it.each(errorCodes)('%s has the status and type of the table', (code) => {
    const error = new ServerError(code, 'text');
    expect(error.status).toBe(errorTable[code].status);
    expect(error.type).toBe(errorTable[code].type);
    expect(error.retryAfterSeconds === undefined).toBe(!errorTable[code].retryable);
  });

  it('hides what it does not know', () => {
    const error = toServerError(new Error('ENOENT /home/someone/secret'));
    expect(error.code).toBe('internal');
    expect(error.message).not.toContain('/');
  });

  it('of a server that ends says when to come again, and is made in one place', () => {
    expect(shuttingDown().retryAfterSeconds).toBe(10);
    const src = new URL('../', import.meta.url);
    const files = (readdirSync(src, { recursive: true }) as string[]).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const made = files.filter((name) =>
      /new ServerError\(\s*'shutting_down'/.test(readFileSync(new URL(name, src), 'utf8')),
    );
    expect(made).toEqual(['core/server-error.ts']);
  });
});
