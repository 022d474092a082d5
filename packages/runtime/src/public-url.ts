import { isIP } from 'node:net';
import { MillraceError } from './millrace-error.ts';
import { isPublicAddress } from './public-address.ts';

export interface PublicUrlOptions {
  /** The field that has it. */
  readonly param: string;
  /** One that would be right. */
  readonly example: string;
  /** Whether `http:` and addresses that are not on the Internet are allowed. */
  readonly allowsPrivate: boolean;
  /** What is said of an address that is private: why, or what allows it. */
  readonly whenPrivate: string;
}

/**
 * Reads a URL that somebody has given and the platform is to call. Its name may lead anywhere: it is judged again when it is looked up (`lookUpPublic`).
 *
 * @throws `invalid_value`
 */
export function readPublicUrl(
  text: string,
  { param, example, allowsPrivate, whenPrivate }: PublicUrlOptions,
): URL {
  const wrong = (why: string): MillraceError =>
    new MillraceError('invalid_value', `${param} ${why}`, { param });
  if (!URL.canParse(text)) throw wrong(`is not a URL: it must be one such as ${example}`);
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowsPrivate && url.protocol === 'http:'))
    throw wrong(`must begin with https://${allowsPrivate ? ' or http://' : ''}`);
  if (url.username !== '' || url.password !== '') throw wrong('must not have a user or a password');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  if (!allowsPrivate && (isLocal || (isIP(host) !== 0 && !isPublicAddress(host))))
    throw wrong(`is the address of something private: ${whenPrivate}`);
  return url;
}
