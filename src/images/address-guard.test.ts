import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { createAddressGuard, isPublicAddress } from './address-guard.ts';
import { parseSource } from './source.ts';

/** IANA's IPv4 and IPv6 special-purpose address registries, whole; multicast; Azure's wire server. */
const specialV4 = [
  ...['0.0.0.0/8', '0.0.0.0/32', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.0.0/29', '192.0.0.8/32', '192.0.0.9/32', '192.0.0.10/32', '192.0.0.170/32'],
  ...['192.0.0.171/32', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16'],
  ...['192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4', '255.255.255.255/32'],
  ...['224.0.0.0/4', '168.63.129.16/32'],
];
const specialV6 = [
  ...['::1/128', '::/128', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '100:0:0:1::/64'],
  ...['2001::/23', '2001::/32', '2001:1::1/128', '2001:1::2/128', '2001:1::3/128', '2001:2::/48', '2001:3::/32'],
  ...['2001:4:112::/48', '2001:10::/28', '2001:20::/28', '2001:30::/28', '2001:db8::/32', '2002::/16'],
  ...['2620:4f:8000::/48', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

const bits = (count: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(count)) - 1n });
const numberOf = (address: string): bigint =>
  ipaddr
    .parse(address)
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const textOf = (value: bigint, width: 32 | 128): string => {
  const bytes = Array.from({ length: width / 8 }, (_, i) => Number((value >> BigInt(width - 8 * (i + 1))) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
};

/** Any address in one of the ranges. */
const addressIn = (ranges: readonly string[], width: 32 | 128): fc.Arbitrary<string> =>
  fc.constantFrom(...ranges).chain((range) => {
    const [base, length] = range.split('/') as [string, string];
    return bits(width - Number(length)).map((host) => textOf(numberOf(base) | host, width));
  });
const special4 = addressIn(specialV4, 32);
const special6 = addressIn(specialV6, 128);

const isIn = (address: string, ranges: readonly string[]): boolean => {
  const parsed = ipaddr.parse(address);
  return ranges.some((range) => parsed.match(ipaddr.parseCIDR(range) as never));
};

/** Every IPv6 form that carries an IPv4 address. */
const embeddings: Record<string, (v4: bigint) => bigint> = {
  mapped: (v4) => (0xffffn << 32n) | v4,
  compatible: (v4) => v4,
  NAT64: (v4) => numberOf('64:ff9b::') | v4,
  'local NAT64': (v4) => numberOf('64:ff9b:1::') | v4,
  '6to4': (v4) => (0x2002n << 112n) | (v4 << 80n) | 1n,
  Teredo: (v4) => (0x20010000n << 96n) | (numberOf('8.8.8.8') << 64n) | (v4 ^ 0xffff_ffffn),
  'Teredo server': (v4) => (0x20010000n << 96n) | (v4 << 64n) | 1n,
  SIIT: (v4) => (0xffffn << 48n) | v4,
};

describe('the address guard', () => {
  const guard = createAddressGuard([]);
  const allows = (address: string): boolean => guard.allows(address, 'name.example');

  it('refuses every address of the IPv4 registry', () => {
    for (const range of specialV4) expect(allows(range.split('/')[0]!), range).toBe(false);
    fc.assert(
      fc.property(special4, (address) => !allows(address)),
      { numRuns: 2000 },
    );
  });

  it('refuses every address of the IPv6 registry', () => {
    for (const range of specialV6) expect(allows(range.split('/')[0]!), range).toBe(false);
    fc.assert(
      fc.property(special6, (address) => !allows(address)),
      { numRuns: 2000 },
    );
  });

  it('refuses everything outside 2000::/3', () => {
    fc.assert(
      fc.property(bits(128), (value) => value >> 125n === 1n || !allows(textOf(value, 128))),
      { numRuns: 2000 },
    );
  });

  it.each(Object.entries(embeddings))('refuses an IPv4 address that is %s in IPv6', (_, embed) => {
    fc.assert(
      fc.property(fc.oneof(bits(32), special4.map(numberOf)), (v4) => !allows(textOf(embed(v4), 128))),
      { numRuns: 500 },
    );
  });

  it('lets all other addresses through', () => {
    const public4 = bits(32)
      .map((value) => textOf(value, 32))
      .filter((address) => !isIn(address, specialV4));
    const public6 = bits(125)
      .map((value) => textOf((1n << 125n) | value, 128))
      .filter((address) => !isIn(address, specialV6));
    fc.assert(fc.property(public4, allows), { numRuns: 1000 });
    fc.assert(fc.property(public6, allows), { numRuns: 1000 });
    for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450:4001::1', '168.63.129.17']) {
      expect(allows(address), address).toBe(true);
    }
  });

  it.each([
    '',
    'localhost',
    '1',
    '127.1',
    '0x7f.1',
    '0177.0.0.1',
    '8.8.8.8 ',
    '2606:4700::1%eth0',
    'fe80::1%lo',
    '::g',
  ])('takes %j for no address', (text) => {
    expect(isPublicAddress(text)).toBe(false);
    expect(createAddressGuard(['0.0.0.0/0', '::/0']).allows(text, 'name.example')).toBe(false);
  });
});

describe('notations of a special address in a URL', () => {
  const octets = (value: bigint): number[] => [24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 0xffn));
  const number = fc.constantFrom(
    (value: bigint) => value.toString(),
    (value: bigint) => `0x${value.toString(16)}`,
    (value: bigint) => `0X${value.toString(16).toUpperCase()}`,
    (value: bigint) => `0${value.toString(8)}`,
    (value: bigint) => `000${value.toString(8)}`,
  );
  /** One to four parts, each decimal, hexadecimal or octal, with or without a dot at the end. */
  const notation = fc.tuple(special4, fc.integer({ min: 1, max: 4 }), fc.array(number, { minLength: 4, maxLength: 4 }));
  const written = fc.tuple(notation, fc.boolean()).map(([[address, parts, forms], dot]) => {
    const value = numberOf(address);
    const heads = octets(value)
      .slice(0, parts - 1)
      .map(BigInt);
    const rest = value & ((1n << BigInt(8 * (5 - parts))) - 1n);
    return [...heads, rest].map((part, index) => forms[index]!(part)).join('.') + (dot ? '.' : '');
  });

  it('all come out as an address that is refused', () => {
    const guard = createAddressGuard([]);
    fc.assert(
      fc.property(written, (host) => {
        const source = parseSource(`http://${host}/x.png`);
        const { hostname } = (source as { url: URL }).url;
        return !guard.allows(hostname, hostname);
      }),
      { numRuns: 3000 },
    );
  });

  it('in other digits and dots do too', () => {
    const guard = createAddressGuard([]);
    for (const host of [
      '①②⑦.⓪.⓪.①',
      '127。0。0。1',
      '１２７．０．０．１',
      '%31%32%37.0.0.1',
      '[::ffff:7f00:1]',
      '[::1]',
    ]) {
      const { hostname } = new URL(`http://${host}/`);
      expect(guard.allows(hostname.replace(/^\[|\]$/g, ''), hostname), host).toBe(false);
    }
  });
});

describe('hosts that the operator opened', () => {
  it('are open by address and by range, in IPv6 notation too, and no other', () => {
    const guard = createAddressGuard(['10.1.0.0/16', '192.168.7.7', 'fd00::/8', '[::1]']);
    for (const address of ['10.1.2.3', '192.168.7.7', '::ffff:10.1.2.3', 'fd12::1', '::1']) {
      expect(guard.allows(address, 'any.example'), address).toBe(true);
    }
    for (const address of ['10.2.0.1', '192.168.7.8', '::ffff:10.2.0.1', 'fe80::1', '127.0.0.1', '::2']) {
      expect(guard.allows(address, 'any.example'), address).toBe(false);
    }
  });

  it('are open by name, whatever it resolves to, and no other name', () => {
    const guard = createAddressGuard(['Images.Internal']);
    expect(guard.allows('10.0.0.1', 'images.internal')).toBe(true);
    expect(guard.allows('10.0.0.1', 'IMAGES.internal.')).toBe(true);
    for (const name of ['internal', 'x.images.internal', 'images.internal.example', 'images-internal']) {
      expect(guard.allows('10.0.0.1', name), name).toBe(false);
    }
  });
});
