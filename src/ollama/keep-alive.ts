// `keep_alive`: how long a model is to stay loaded behind an answer. Here the operator's idle timeout rules; only nought,
// which asks for it to be unloaded, is carried out.
import { z } from 'zod';
import { maybe } from '../openai/index.ts';

const duration = /^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$|^-?\d+$/;

export const keepAliveField = maybe(
  z.union([z.number(), z.string().max(32).regex(duration)], 'must be seconds, or a duration such as "5m"'),
);

export const asksToUnload = (keepAlive: string | number | undefined): boolean =>
  keepAlive !== undefined && !/[1-9]/.test(String(keepAlive));
