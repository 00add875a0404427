// Fields of OpenAI's API that ask for nothing an answer would show: their form is checked, and that is all.
import { z } from 'zod';
import { maybe } from './maybe.ts';

const label = maybe(z.string().max(512));
const maxEntries = 16;

/** There is one, whichever is asked for. */
export const serviceTier = maybe(z.enum(['auto', 'default', 'flex', 'scale', 'priority']));

export const acceptedFields = {
  user: label,
  safety_identifier: label,
  prompt_cache_key: label,
  prompt_cache_retention: maybe(z.enum(['in-memory', 'in_memory', '24h'])),
  service_tier: serviceTier,
  metadata: maybe(
    z
      .record(z.string().max(64), z.string().max(512))
      .refine((entries) => Object.keys(entries).length <= maxEntries, `at most ${maxEntries} entries`),
  ),
};
