import { generationProperties, samplingProperties } from '@millrace/relay';
import { modelSchema, noEffectProperties, seedSchema, streamProperties } from './shared-schema.ts';

const { max_tokens, stop, priority, timeout_ms, cache } = generationProperties;
const { logprobs: _logprobs, top_logprobs: _topLogprobs, ...sampling } = samplingProperties;

/** The body of `POST /v1/completions`. It validates, and the OpenAPI document is made of it. */
export const completionBodySchema = {
  title: 'Completion',
  type: 'object',
  required: ['model', 'prompt'],
  additionalProperties: false,
  properties: {
    model: modelSchema,
    prompt: {
      description: 'What to answer: one text, or a list of one. Lists of token ids are refused.',
      'x-content': true,
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, maxItems: 1, items: { type: 'string', minLength: 1 } },
      ],
    },
    max_tokens: { ...max_tokens, default: 16 },
    ...sampling,
    temperature: { ...sampling.temperature, default: 1 },
    seed: seedSchema,
    stop,
    echo: { const: false, description: 'The prompt is not repeated.' },
    ...streamProperties,
    ...noEffectProperties,
    priority,
    timeout_ms,
    cache,
  },
} as const;

/** What else the OpenAI API has. */
export const refusedInCompletions = {
  best_of: 'send n and choose',
  logprobs: 'POST /v1/chat/completions has log-probabilities',
  suffix: 'the models here do not fill in',
} as const;
