// Numbers on the command line; what is none is told by commander, as wrong usage.
import { InvalidArgumentError } from 'commander';

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}`);
  };

/** `1,8` */
export const wholeNumbers =
  (least: number, most: number, count: number) =>
  (text: string): readonly number[] => {
    const parts = text.split(',');
    if (parts.length > count) throw new InvalidArgumentError(`may be ${count} numbers at the most`);
    return parts.map((part) => wholeNumber(least, most)(part.trim()));
  };
