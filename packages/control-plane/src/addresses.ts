import { BlockList, isIP } from 'node:net';

/** An address, or a network in CIDR notation, that a key may be used from. */
interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** @returns undefined for what is none */
export function readNetwork(text: string): Network | undefined {
  const [, address = '', suffix] = /^([\da-fA-F.:]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (isIP(address) === 0) return undefined;
  const family = familyOf(address);
  const mostBits = family === 'ipv6' ? 128 : 32;
  const bits = suffix === undefined ? mostBits : Number(suffix);
  return bits > mostBits ? undefined : { address, family, bits };
}

/** An address of IPv4 that came over a socket of IPv6 is one of IPv4. */
function plainOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address;
}

/** Whether an address lies in one of the networks; those that cannot be read have none. */
export function isAddressIn(address: string, networks: readonly string[]): boolean {
  const plain = plainOf(address);
  if (isIP(plain) === 0) return false;
  const family = familyOf(plain);
  const list = new BlockList();
  for (const network of networks.map(readNetwork)) {
    // A network of IPv6 would take in addresses of IPv4 as well.
    if (network?.family === family) list.addSubnet(network.address, network.bits, family);
  }
  return list.check(plain, family);
}

/** Whether all of a network lies in one of the others. */
export function isNetworkIn(text: string, networks: readonly string[]): boolean {
  const inner = readNetwork(text);
  if (inner === undefined) return false;
  return networks.some((each) => {
    const outer = readNetwork(each);
    if (outer === undefined || outer.family !== inner.family || outer.bits > inner.bits) return false;
    return isAddressIn(inner.address, [each]);
  });
}
