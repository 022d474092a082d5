/** What a job or batch is created with that tells of its end. */
export const newWebhookSchema = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  description: 'Is told when it has ended, after Standard Webhooks.',
  properties: {
    url: { type: 'string', minLength: 1, maxLength: 2_048, description: 'Where it is posted to.' },
    secret: {
      type: 'string',
      pattern: '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$',
      // Never quoted in an error.
      'x-content': true,
      description:
        'Signs it: whsec_ and 24 to 64 bytes in base64. Without it one is made and given back once.',
    },
  },
} as const;

export interface NewWebhook {
  readonly url: string;
  readonly secret?: string;
}

/** How it is shown. */
export const webhookSchema = {
  type: ['object', 'null'],
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: { type: 'string' },
    secret: { type: 'string', description: 'Only with the answer to the creation, where one was made.' },
  },
} as const;
