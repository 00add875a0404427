import { describe, expect, it } from 'vitest';
import { createBodyBudget } from './body-budget.ts';

const mib = 1024 * 1024;
const spent = expect.objectContaining({ code: 'insufficient_memory', status: 503, retryAfterSeconds: 1 });

describe('a budget for bodies', () => {
  it('is spent by what has come in, and told to who announces more than is left', () => {
    const budget = createBodyBudget({ maxBytes: 400 * mib });
    const first = budget.open(null);
    first.expect(300 * mib);
    const second = budget.open(null);
    second.expect(300 * mib); // Nothing has come in yet.
    first.add(200 * mib);
    expect(() => second.expect(101 * mib)).toThrow(spent);
    second.add(100 * mib);
    expect(() => second.add(1)).toThrow(spent);
    expect(budget.usedBytes).toBe(300 * mib);
  });

  it('keeps a quarter for small bodies, whoever fills the rest', () => {
    const budget = createBodyBudget({ maxBytes: 4 * mib });
    budget.open(null).add(3 * mib);
    expect(() => budget.open(null).expect(1 * mib + 1)).toThrow(spent);
    budget.open(null).add(0.5 * mib);
    budget.open(null).add(0.5 * mib);
    expect(() => budget.open(null).add(1)).toThrow(spent);
  });

  it('lets one key have half of it', () => {
    const budget = createBodyBudget({ maxBytes: 8 * mib });
    budget.open('alice').add(4 * mib);
    expect(() => budget.open('alice').expect(2 * mib)).toThrow(spent);
    budget.open('bob').add(2 * mib);
  });

  it('has back what a request held, once', () => {
    const budget = createBodyBudget({ maxBytes: 8 * mib });
    const [one, other] = [budget.open('alice'), budget.open('alice')];
    one.add(2 * mib);
    other.add(1 * mib);
    one.close();
    one.close();
    one.add(1 * mib); // Bytes that come behind the end are thrown away.
    expect(budget.usedBytes).toBe(mib);
    other.close();
    expect(budget.usedBytes).toBe(0);
  });
});
