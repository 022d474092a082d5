/** Where a webhook goes, and the secret that signs it: `whsec_` and base64, after Standard Webhooks. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** What a webhook says; its content is not in it. https://github.com/standard-webhooks/standard-webhooks */
export interface WebhookPayload {
  /** Such as `job.completed`. */
  readonly type: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly data: object;
}
