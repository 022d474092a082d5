import { readPublicUrl } from '@millrace/runtime';

/**
 * Reads where a webhook is to go. Names are looked up when it is delivered, and judged again.
 *
 * @param allowsPrivate whether `http:` and addresses that are not on the Internet are allowed
 * @throws `invalid_value`
 */
export function readWebhookUrl(text: string, param: string, allowsPrivate: boolean): URL {
  return readPublicUrl(text, {
    param,
    example: 'https://example.com/hook',
    allowsPrivate,
    whenPrivate: 'webhooks go to public addresses',
  });
}
