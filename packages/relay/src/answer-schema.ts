import type { CacheHit, Timings, Usage } from '@millrace/contracts';

const count = (description: string) => ({ type: 'integer', minimum: 0, description });
const milliseconds = (description: string) => ({ type: 'number', minimum: 0, description });

/** What an answer used, as clients see it. */
export const usageSchema = {
  type: 'object',
  required: ['input_tokens', 'cached_input_tokens', 'output_tokens', 'total_tokens'],
  additionalProperties: false,
  properties: {
    input_tokens: count('Tokens of the prompt.'),
    cached_input_tokens: count('Those of them that came from the prefix cache.'),
    output_tokens: count('Tokens generated.'),
    total_tokens: count('Both together.'),
    cache: {
      type: 'object',
      required: ['kind', 'similarity'],
      additionalProperties: false,
      description:
        'Only where the answer came from the cache: the tokens are those of the request that it was generated for, and cost what the price list says of cached answers.',
      properties: {
        kind: {
          enum: ['exact', 'semantic'],
          description: 'exact: of the same request; semantic: of one that means about the same.',
        },
        similarity: {
          type: 'number',
          minimum: -1,
          maximum: 1,
          description: 'Cosine of the two requests; 1 where they are the same.',
        },
      },
    },
  },
} as const;

/** How long an answer took, as clients see it. */
export const timingsSchema = {
  type: 'object',
  required: ['queue_ms', 'prefill_ms', 'time_to_first_token_ms', 'total_ms'],
  additionalProperties: false,
  properties: {
    queue_ms: milliseconds('From acceptance to the first work of the engine.'),
    prefill_ms: milliseconds('Time that the prompt took in the engine.'),
    time_to_first_token_ms: {
      type: ['number', 'null'],
      minimum: 0,
      description: 'From acceptance to the first token; null when there was none.',
    },
    total_ms: milliseconds('From acceptance to the end.'),
  },
} as const;

export interface AnswerUsage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly cache?: { readonly kind: 'exact' | 'semantic'; readonly similarity: number };
}

/** @param cache where the answer came from the cache */
export function answerUsage(
  { input_tokens, cached_input_tokens, output_tokens }: Usage,
  cache?: CacheHit,
): AnswerUsage {
  return {
    input_tokens,
    cached_input_tokens,
    output_tokens,
    total_tokens: input_tokens + output_tokens,
    ...(cache === undefined ? {} : { cache: shownHit(cache) }),
  };
}

function shownHit({ kind, similarity }: CacheHit): AnswerUsage['cache'] & object {
  return { kind: kind === 'EXACT' ? 'exact' : 'semantic', similarity };
}

export function answerTimings({ queue_ms, prefill_ms, time_to_first_token_ms, total_ms }: Timings): Timings {
  return {
    queue_ms: round(queue_ms),
    prefill_ms: round(prefill_ms),
    time_to_first_token_ms: time_to_first_token_ms === null ? null : round(time_to_first_token_ms),
    total_ms: round(total_ms),
  };
}

/** To hundredths. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
