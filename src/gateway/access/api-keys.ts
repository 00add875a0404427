// Which of the configured keys a request shows. Compares digests, all of them, in constant time; never reads a query.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiKey } from '../../config/index.ts';

export interface KeyHolder {
  /** Distinct for each key, also where two keys carry one name. */
  readonly id: string;
  readonly name: string;
  /** The same for the same key in every run of the server; tells nothing of the key. */
  readonly fingerprint: string;
}

const scheme = 'Bearer ';

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();

const fingerprintOf = (key: string): string => digestOf(`owner of ${key}`).toString('hex').slice(0, 32);

/** The holder of the key in `Authorization: Bearer KEY` or `x-api-key: KEY`; undefined when it is none of `keys`. */
export function createKeyCheck(keys: readonly ApiKey[]): (headers: IncomingHttpHeaders) => KeyHolder | undefined {
  const known = keys.map(({ name, secret }, index) => ({
    holder: { id: `${index}:${name}`, name, fingerprint: fingerprintOf(secret.reveal()) },
    digest: digestOf(secret.reveal()),
  }));
  const holderOf = (shown: string): KeyHolder | undefined => {
    const digest = digestOf(shown);
    let found: KeyHolder | undefined;
    for (const key of known) {
      if (timingSafeEqual(key.digest, digest)) found = key.holder;
    }
    return found;
  };
  return ({ authorization, 'x-api-key': plain }) => {
    const byScheme = authorization?.startsWith(scheme) ? holderOf(authorization.slice(scheme.length)) : undefined;
    return byScheme ?? (typeof plain === 'string' ? holderOf(plain) : undefined);
  };
}
