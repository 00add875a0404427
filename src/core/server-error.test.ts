import { describe, expect, it } from 'vitest';
import { errorCodes, errorTable, ServerError, toServerError } from './server-error.ts';

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
});
