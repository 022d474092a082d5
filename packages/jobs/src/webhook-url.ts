import { isIP } from 'node:net';
import { isPublicAddress, MillraceError } from '@millrace/runtime';

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
