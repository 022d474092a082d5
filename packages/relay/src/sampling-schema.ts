/**
 * Most choices of one request. Each takes a slot of the engine, which has 32 by default: one request is not to take more than half
 * of them.
 */
const maxChoices = 16;

/** As many as the OpenAI API takes. */
const maxBiases = 300;

/** The fields that say how the tokens are drawn, and what is reported of them, as JSON schemas. */
export const samplingProperties = {
  temperature: {
    type: 'number',
    minimum: 0,
    maximum: 2,
    default: 0.7,
    description: '0 always takes the likeliest token.',
  },
  top_k: {
    type: 'integer',
    minimum: 0,
    maximum: 64,
    default: 0,
    description: 'Most candidates to sample from; 0 is no limit.',
  },
  top_p: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1,
    default: 1,
    description: 'Probability mass to sample from.',
  },
  min_p: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'How probable a token has to be, relative to the likeliest one; 0 is no limit.',
  },
  repetition_penalty: {
    type: 'number',
    minimum: 0.01,
    maximum: 100,
    default: 1,
    description: 'Against tokens that stand in prompt or answer, where it is above 1; 1 is none.',
  },
  presence_penalty: {
    type: 'number',
    minimum: -2,
    maximum: 2,
    default: 0,
    description: 'Taken from the logit of each token that stands in the answer; 0 is none.',
  },
  frequency_penalty: {
    type: 'number',
    minimum: -2,
    maximum: 2,
    default: 0,
    description: 'Taken from the logit of a token for each time that it stands in the answer; 0 is none.',
  },
  logit_bias: {
    type: 'object',
    maxProperties: maxBiases,
    propertyNames: { type: 'string', pattern: '^(0|[1-9][0-9]{0,8})$' },
    additionalProperties: {
      type: 'number',
      minimum: -100,
      maximum: 100,
      description: 'What is added to the logit.',
    },
    description: `Token ids of the model and what is added to their logits; at most ${maxBiases} of them.`,
    'x-content': true,
  },
  seed: {
    type: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description:
      'The same seed and prompt give the same answer, whatever else the engine does; without it one is chosen at random.',
  },
  n: {
    type: 'integer',
    minimum: 1,
    maximum: maxChoices,
    default: 1,
    description:
      'How many choices to generate; choice i has the seed plus i. The prompt is charged once, the tokens of all choices are.',
  },
  logprobs: {
    type: 'boolean',
    default: false,
    description: 'Whether the log-probability of each token is reported.',
  },
  top_logprobs: {
    type: 'integer',
    minimum: 0,
    maximum: 20,
    default: 0,
    description: 'How many of the likeliest tokens are reported with each token; needs logprobs.',
  },
} as const;

/** A body that fits `samplingProperties`. */
export interface SamplingBody {
  readonly temperature?: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly repetition_penalty?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly n?: number;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
}
