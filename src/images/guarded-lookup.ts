// Name → addresses, every one of them judged. Few questions at a time: the system's resolver holds one of libuv's few
// threads for as long as a silent name server lets it wait, and files are read by the same threads.
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import type { AddressGuard } from './address-guard.ts';
import { createTurnstile } from './turnstile.ts';

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

const questionsAtATime = 2;
const askSystem = promisify(systemLookup);

/** The operating system's resolver: its hosts file, its search list, its order. */
export const systemResolve: Resolve = (hostname) => askSystem(hostname, { all: true });

export class BlockedAddress extends Error {
  override name = 'BlockedAddress';
}

/** A `lookup` for net.connect that fails when any address of the name is not allowed. */
export function createGuardedLookup(guard: AddressGuard, resolve: Resolve): LookupFunction {
  const turnstile = createTurnstile(questionsAtATime);
  const never = new AbortController().signal;
  const ask = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const leave = await turnstile.enter(never); // Held until the resolver answers, whoever has left by then.
    const answers = await resolve(hostname).finally(leave);
    if (answers.length === 0) throw new Error('the name has no address');
    const blocked = answers.some(({ address }) => !guard.allows(address, hostname));
    if (blocked) throw new BlockedAddress('the name leads to an address that is not public');
    return answers;
  };
  return (hostname, options, callback) => {
    ask(hostname).then(
      (answers) => {
        if (options.all === true) callback(null, [...answers]);
        else callback(null, answers[0]!.address, answers[0]!.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}
