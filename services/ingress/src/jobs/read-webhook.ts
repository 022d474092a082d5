import { readWebhookUrl, type WebhookTarget } from '@millrace/jobs';
import type { RandomSource } from '@millrace/runtime';
import type { NewWebhook } from './webhook-schema.ts';

const secretBytes = 32;

/** A webhook that is asked for. */
export interface AskedWebhook {
  readonly target: WebhookTarget;
  /** As the creation shows it: with the secret where it was made here, since nobody else knows it. */
  readonly shown: { readonly url: string; readonly secret?: string };
}

/** @throws `invalid_value` for a URL that webhooks may not go to */
export function readWebhook(
  webhook: NewWebhook | undefined,
  random: RandomSource,
  allowsPrivate: boolean,
): AskedWebhook | undefined {
  if (webhook === undefined) return undefined;
  const { href: url } = readWebhookUrl(webhook.url, 'webhook.url', allowsPrivate);
  if (webhook.secret !== undefined) return { target: { url, secret: webhook.secret }, shown: { url } };
  const secret = `whsec_${Buffer.from(random.bytes(secretBytes)).toString('base64')}`;
  return { target: { url, secret }, shown: { url, secret } };
}
