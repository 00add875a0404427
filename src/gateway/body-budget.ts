// Bytes of bodies that all requests of a port hold together, from the first that comes in to the end of the answer. A
// budget that is spent refuses more at once; nobody can spend all of it.
import { ServerError } from '../core/index.ts';

export interface BodyBudget {
  /** The account of one request. `client` is who showed a key; null where nobody is known apart. */
  open(client: string | null): BodyAccount;
  readonly usedBytes: number;
}

export interface BodyAccount {
  /** @throws ServerError `insufficient_memory` where a body of `bytes` would not fit just now; takes nothing. */
  expect(bytes: number): void;
  /** Takes what has come in. @throws ServerError `insufficient_memory` */
  add(bytes: number): void;
  /** Gives everything back; of no effect the second time. */
  close(): void;
}

/** Bodies up to this size may use what is kept free of larger ones. */
const smallBytes = 1024 * 1024;
const shareOfLarge = 3 / 4;
const shareOfClient = 1 / 2;

export function createBodyBudget({ maxBytes }: { readonly maxBytes: number }): BodyBudget {
  let usedBytes = 0;
  const usedBy = new Map<string, number>();

  function fits(client: string | null, own: number, more: number): boolean {
    if (own + more <= smallBytes) return usedBytes + more <= maxBytes;
    if (usedBytes + more > maxBytes * shareOfLarge) return false;
    return client === null || (usedBy.get(client) ?? 0) + more <= maxBytes * shareOfClient;
  }

  function book(client: string | null, bytes: number): void {
    usedBytes += bytes;
    if (client === null) return;
    const left = (usedBy.get(client) ?? 0) + bytes;
    if (left === 0) usedBy.delete(client);
    else usedBy.set(client, left);
  }

  return {
    open(client) {
      let own = 0;
      let closed = false;
      const check = (bytes: number): void => {
        if (!fits(client, own, bytes)) throw spent();
      };
      return {
        expect: check,
        add(bytes) {
          if (closed) return;
          check(bytes);
          own += bytes;
          book(client, bytes);
        },
        close() {
          if (closed) return;
          closed = true;
          book(client, -own);
        },
      };
    },
    get usedBytes() {
      return usedBytes;
    },
  };
}

const spent = (): ServerError =>
  new ServerError(
    'insufficient_memory',
    'The bodies of other requests fill the memory that MLX_UPLOAD_BUDGET_GB sets aside; try again in a moment.',
  );
