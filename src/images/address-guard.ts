// Which addresses may be connected to: public unicast ones, and those that the operator opened. Judged by number, never
// by text.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

const globalUnicast = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** Public by registry, private by use: Azure's host answers here with its machine's credentials. */
const azureWireServer = '168.63.129.16';

/**
 * Whether `address` is public unicast. What embeds an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, SIIT) is
 * not: each of these is in IANA's registry of special purposes, or outside 2000::/3.
 */
export function isPublicAddress(address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv6) return parsed.match(globalUnicast);
  return parsed.toString() !== azureWireServer;
}

export interface AddressGuard {
  /** Whether a connection to `address`, reached under `hostname`, is allowed. */
  allows(address: string, hostname: string): boolean;
}

/** `allowedHosts` opens single hosts: a name opens whatever it resolves to, an address or CIDR itself. */
export function createAddressGuard(allowedHosts: readonly string[]): AddressGuard {
  const names = new Set<string>();
  const ranges: Range[] = [];
  for (const entry of allowedHosts) {
    const range = parseRange(entry);
    if (range === undefined) names.add(bareName(entry));
    else ranges.push(range);
  }
  return {
    allows(address, hostname) {
      const parsed = parseAddress(address);
      if (parsed === undefined) return false;
      if (isPublicAddress(address) || names.has(bareName(hostname))) return true;
      const unwrapped = ipaddr.process(parsed.toString());
      return ranges.some(([base, bits]) => base.kind() === unwrapped.kind() && unwrapped.match([base, bits] as never));
    },
  };
}

/** `[::1]` → `::1`, `Example.org.` → `example.org`. */
const bareName = (hostname: string): string => hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');

/** An address in its canonical form only; a zone (`%eth0`) belongs to no public one. */
const parseAddress = (address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined =>
  isIP(address) === 0 || address.includes('%') ? undefined : ipaddr.parse(address);

function parseRange(entry: string): Range | undefined {
  const bare = entry.replace(/^\[|\]$/g, '');
  const [address = '', bits] = bare.split('/');
  if (isIP(address) === 0) return undefined;
  const parsed = ipaddr.process(address);
  if (bits === undefined) return [parsed, parsed.kind() === 'ipv4' ? 32 : 128];
  return ipaddr.parseCIDR(bare);
}
