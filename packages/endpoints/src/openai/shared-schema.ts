import { generationProperties, samplingProperties } from '@millrace/relay';

/** The OpenAI API has no default model. */
export const modelSchema = {
  ...generationProperties.model,
  description: 'Name of the model, also name:version or an alias. Required.',
} as const;

/** Accepted from clients that send them, without an effect on the answer. */
export const noEffectProperties = {
  metadata: {
    type: 'object',
    maxProperties: 16,
    additionalProperties: { type: 'string', maxLength: 512 },
    description: 'Has no effect.',
  },
  prompt_cache_key: { type: 'string', description: 'Has no effect: prefixes are found without a key.' },
  safety_identifier: { type: 'string', description: 'Has no effect.' },
  service_tier: { enum: ['auto', 'default'], description: 'Has no effect; other tiers are refused.' },
  store: { const: false, description: 'Only false: completions are not stored.' },
  user: { type: 'string', description: 'Has no effect: the key says who asks.' },
} as const;

export const streamProperties = {
  stream: { type: 'boolean', default: false, description: 'Whether the answer comes as server-sent events.' },
  stream_options: {
    type: 'object',
    additionalProperties: false,
    description: 'Only with stream.',
    properties: {
      include_usage: { type: 'boolean', description: 'Whether one more chunk has the usage.' },
      include_obfuscation: { const: false, description: 'Chunks are not padded.' },
    },
  },
} as const;

export const seedSchema = { ...samplingProperties.seed } as const;

/** The fields that say how an answer is streamed. */
export interface StreamBody {
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}
