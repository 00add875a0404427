// The random number of a position: a function of (seed, position) and of nothing else. Pure.

/** Finaliser of MurmurHash3: every bit of the input changes every bit of the output with probability one half. */
function mix32(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** @param seed 0 to 2^53 - 1; both its halves count */
function hash32(seed: number, position: number, stream: number): number {
  const high = Math.floor(seed / 2 ** 32);
  let hash = mix32(high + 0x9e3779b9);
  hash = mix32(hash ^ (seed >>> 0));
  hash = mix32(hash + Math.imul(position, 0x9e3779b1));
  return mix32(hash ^ Math.imul(stream + 1, 0x7f4a7c15));
}

/** A seed for llama.cpp's sampler; never 2^32 - 1, by which it means "random". */
export function seedAt(seed: number, position: number): number {
  const hash = hash32(seed, position, 0);
  return hash === 0xffff_ffff ? 0 : hash;
}

/** Uniform in [0, 1), 53 bits. */
export const uniformAt = (seed: number, position: number): number => uniform(seed, position, 1);

/** Another one, for a second draw at the same position: the first has decided that there is one. */
export const uniformAgainAt = (seed: number, position: number): number => uniform(seed, position, 3);

function uniform(seed: number, position: number, stream: number): number {
  const high = hash32(seed, position, stream) >>> 5;
  const low = hash32(seed, position, stream + 1) >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}
