// Numbers between bounds as GBNF, exact to the digit. Bounds are decimal fractions, counted in units of their last digit.
import { refusal } from './refusal.ts';
import { oneOf, type Rules } from './rules.ts';

export interface Bounds {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
}

/** Whole numbers up to here are exact in every JSON parser. */
const largest = 999_999_999_999_999n;
const maxDecimals = 12;
const usualDecimals = 2;

/** @throws ServerError where no number lies between the bounds */
export function integerBetween(rules: Rules, bounds: Bounds): string {
  return rules.rule(between(range(bounds, 0), 0));
}

/** Whole numbers, and numbers with as many decimals as the bounds have, two at the least. @throws ServerError */
export function numberBetween(rules: Rules, bounds: Bounds): string {
  const decimals = Math.max(
    usualDecimals,
    ...Object.values(bounds).map((bound) => (bound === undefined ? 0 : decimalsOf(bound))),
  );
  if (decimals > maxDecimals) throw refusal(`A bound of a number has more than ${maxDecimals} decimals.`);
  const whole = range(bounds, 0);
  const ways = [between(range(bounds, decimals), decimals)];
  if (whole.from <= whole.to) ways.unshift(between(whole, 0));
  return rules.rule(oneOf(ways));
}

interface UnitRange {
  readonly from: bigint;
  readonly to: bigint;
}

function decimalsOf(bound: number): number {
  const [mantissa = '', exponent = '0'] = bound.toString().split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

/** The multiples of 10^-decimals between the bounds. */
function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Bounds, decimals: number): UnitRange {
  const scale = 10n ** BigInt(decimals);
  const floor = (bound: number): bigint => units(bound, decimals, false);
  const ceiling = (bound: number): bigint => units(bound, decimals, true);
  let from = -largest * scale;
  let to = largest * scale;
  const raise = (bound: bigint): void => {
    if (bound > from) from = bound;
  };
  const lower = (bound: bigint): void => {
    if (bound < to) to = bound;
  };
  if (minimum !== undefined) raise(ceiling(minimum));
  if (exclusiveMinimum !== undefined) raise(floor(exclusiveMinimum) + 1n);
  if (maximum !== undefined) lower(floor(maximum));
  if (exclusiveMaximum !== undefined) lower(ceiling(exclusiveMaximum) - 1n);
  return { from, to };
}

/** `bound` in units of 10^-decimals, rounded down or up, from its shortest decimal form. */
function units(bound: number, decimals: number, roundsUp: boolean): bigint {
  const [mantissa = '', exponent = '0'] = Math.abs(bound).toString().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = decimals + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction) * (bound < 0 ? -1n : 1n);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  const cut = digits / divisor;
  if (cut * divisor === digits) return cut;
  if (roundsUp) return digits > 0n ? cut + 1n : cut;
  return digits > 0n ? cut : cut - 1n;
}

function between({ from, to }: UnitRange, decimals: number): string {
  if (from > to) throw refusal('No number lies between the bounds of a schema.');
  const ways: string[] = [];
  if (from < 0n) ways.push(`"-" ${naturals(to < 0n ? -to : 1n, -from, decimals)}`);
  if (to >= 0n) ways.push(naturals(from > 0n ? from : 0n, to, decimals));
  return oneOf(ways);
}

/** Units `from` to `to`, both at least 0, a range of equal length at a time. */
function naturals(from: bigint, to: bigint, decimals: number): string {
  const ways: string[] = [];
  for (let low = from; low <= to; ) {
    const length = Math.max(decimals + 1, low.toString().length);
    const end = 10n ** BigInt(length) - 1n;
    const high = end < to ? end : to;
    ways.push(sameLength(padded(low, length), padded(high, length), length - decimals));
    low = high + 1n;
  }
  return oneOf(ways);
}

const padded = (value: bigint, length: number): string => value.toString().padStart(length, '0');

/** Digit strings from `low` to `high` with the point in front of the digit number `point`; it is behind the last: none. */
function sameLength(low: string, high: string, point: number): string {
  if (low === '') return '""';
  const dot = point === 0 ? '"." ' : '';
  const [first = '', last = ''] = [low[0], high[0]];
  const rest = low.length - 1;
  const inner = (from: string, to: string): string => sameLength(from, to, point - 1);
  const all = { low: '0'.repeat(rest), high: '9'.repeat(rest) };
  if (low.slice(1) === all.low && high.slice(1) === all.high)
    return `${dot}${digit(first, last)} ${anyDigits(rest, point - 1)}`;
  if (first === last) return `${dot}"${first}" ${inner(low.slice(1), high.slice(1))}`;
  const ways = [`"${first}" ${inner(low.slice(1), all.high)}`];
  const [second, beforeLast] = [Number(first) + 1, Number(last) - 1];
  if (second <= beforeLast) ways.push(`${digit(String(second), String(beforeLast))} ${anyDigits(rest, point - 1)}`);
  ways.push(`"${last}" ${inner(all.low, high.slice(1))}`);
  return `${dot}${oneOf(ways)}`;
}

const digit = (from: string, to: string): string => (from === to ? `"${from}"` : `[${from}-${to}]`);

function anyDigits(count: number, point: number): string {
  if (count === 0) return '""';
  if (point < 0 || point >= count) return `[0-9]{${count}}`;
  return `${point === 0 ? '' : `[0-9]{${point}} `}"." [0-9]{${count - point}}`;
}
