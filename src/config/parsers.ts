// Text → value for one setting, or the reason why not. Used for flags, environment and file alike.
import { isIP } from 'node:net';
import { z } from 'zod';

export type Parsed<T> = { readonly value: T } | { readonly problem: string };
/** `schema` is what the configuration file may hold for it. */
export type Parse<T> = ((text: string) => Parsed<T>) & { readonly schema: z.ZodType };

export const parser = <T>(schema: z.ZodType, parse: (text: string) => Parsed<T>): Parse<T> =>
  Object.assign((raw: string) => parse(raw), { schema });

/** A list in the file may be one text with separators, too. */
export const listSchema = z.union([z.array(z.string()), z.string()]);

export const text: Parse<string> = parser(z.string().min(1), (raw) =>
  raw === '' ? { problem: 'is empty' } : { value: raw },
);

export const wholeNumber = (minimum: number, maximum: number): Parse<number> =>
  parser(z.int().min(minimum).max(maximum), (raw) => {
    const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
    return value >= minimum && value <= maximum
      ? { value }
      : { problem: `must be a whole number from ${minimum} to ${maximum}, not "${raw}"` };
  });

/** Seconds in, milliseconds out. */
export const seconds = (minimum: number, maximum: number): Parse<number> =>
  parser(z.number().min(minimum).max(maximum), (raw) => {
    const value = /^\d{1,9}(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
    return value >= minimum && value <= maximum
      ? { value: Math.round(value * 1000) }
      : { problem: `must be ${minimum} to ${maximum} seconds, not "${raw}"` };
  });

export const oneOf = <const T extends string>(...choices: readonly T[]): Parse<T> =>
  parser(z.enum(choices), (raw) => {
    const value = choices.find((choice) => choice === raw);
    return value === undefined ? { problem: `must be one of ${choices.join(', ')}, not "${raw}"` } : { value };
  });

export const httpAddress: Parse<string> = parser(z.url({ protocol: /^https?$/ }), (raw) => {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return { problem: 'must be an http:// or https:// address' };
  return url.username === '' && url.password === '' ? { value: raw } : { problem: 'must hold no password' };
});

export const yesOrNo: Parse<boolean> = parser(z.boolean(), (raw) => {
  if (['1', 'true', 'yes', 'on'].includes(raw.toLowerCase())) return { value: true };
  if (['0', 'false', 'no', 'off'].includes(raw.toLowerCase())) return { value: false };
  return { problem: `must be 1 or 0, not "${raw}"` };
});

/** Names, addresses and address ranges (10.0.0.0/8), separated by commas. */
export const hostList: Parse<readonly string[]> = parser(listSchema, (raw) => {
  const hosts = raw.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  const wrong = hosts.find((host) => !isHost(host));
  return wrong === undefined
    ? { value: hosts }
    : { problem: `must list host names, addresses or ranges like 10.0.0.0/8, without ports, not "${wrong}"` };
});

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

function isHost(text: string): boolean {
  const [address = '', bits, ...more] = text.replace(/^\[|\]$/g, '').split('/');
  const version = isIP(address);
  if (version === 0) return hostName.test(text);
  if (address.includes('%')) return false; // A zone is this machine's own affair; no answer of a resolver has one.
  const inRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  return inRange && more.length === 0;
}

/** Folders separated by `:` as in PATH. */
export const folderList: Parse<readonly string[]> = parser(listSchema, (raw) => ({
  value: raw.split(':').filter((part) => part !== ''),
}));

export const promptCacheSchema = z.number().min(0).max(1_000_000);

/** Gigabytes (of 1024³ bytes) in, bytes out; 0 is none. */
export const promptCacheGigabytes: Parse<number> = parser(promptCacheSchema, (raw) => {
  const value = /^\d{1,6}(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
  return value >= 0 ? { value: Math.round(value * 1024 ** 3) } : { problem: `must be gigabytes, or 0, not "${raw}"` };
});

/** Gigabytes (of 1024³ bytes) in, bytes out. */
export const gigabytes: Parse<number> = parser(z.number().positive(), (raw) => {
  const value = /^\d{1,6}(\.\d+)?$/.test(raw) ? Number(raw) : Number.NaN;
  return value > 0 ? { value: Math.round(value * 1024 ** 3) } : { problem: `must be gigabytes above 0, not "${raw}"` };
});
