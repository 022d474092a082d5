import { BlockList, isIP } from 'node:net';
import { MillraceError } from '@millrace/runtime';

/** Addresses that are nobody's on the Internet: special-purpose registries of IANA (RFC 6890), multicast included. */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(network, prefix, 'ipv4');
/** Of IPv6, what is given out to the public; the rest is special. */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(network, prefix, 'ipv6');

/** Whether an address is on the Internet, as opposed to private, local or otherwise special. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !special.check(address, 'ipv4');
  if (isIP(address) !== 6) return false;
  return global6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/**
 * Reads where a webhook is to go. Names are looked up when it is delivered, and judged again.
 *
 * @param allowsPrivate whether `http:` and addresses that are not on the Internet are allowed
 * @throws `invalid_value`
 */
export function readWebhookUrl(text: string, param: string, allowsPrivate: boolean): URL {
  const wrong = (why: string): MillraceError =>
    new MillraceError('invalid_value', `${param} ${why}`, { param });
  if (!URL.canParse(text)) throw wrong('is not a URL: it must be one such as https://example.com/hook');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowsPrivate && url.protocol === 'http:'))
    throw wrong(`must begin with https://${allowsPrivate ? ' or http://' : ''}`);
  if (url.username !== '' || url.password !== '') throw wrong('must not have a user or a password');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  if (!allowsPrivate && (isLocal || (isIP(host) !== 0 && !isPublicAddress(host))))
    throw wrong('is the address of something private: webhooks go to public addresses');
  return url;
}
