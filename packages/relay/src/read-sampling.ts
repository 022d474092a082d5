import { MillraceError } from '@millrace/runtime';
import { samplingProperties as fields, type SamplingBody } from './sampling-schema.ts';
import type { Generation } from './submission.ts';

/**
 * How tokens are drawn, with the defaults filled in.
 *
 * @throws `conflicting_values`
 */
export function readSampling(body: SamplingBody): Omit<Generation['parameters'], 'max_tokens'> {
  return {
    temperature: body.temperature ?? fields.temperature.default,
    top_k: body.top_k ?? fields.top_k.default,
    top_p: body.top_p ?? fields.top_p.default,
    min_p: body.min_p ?? fields.min_p.default,
    repetition_penalty: body.repetition_penalty ?? fields.repetition_penalty.default,
    presence_penalty: body.presence_penalty ?? fields.presence_penalty.default,
    frequency_penalty: body.frequency_penalty ?? fields.frequency_penalty.default,
    n: body.n ?? fields.n.default,
    logprobs: logprobsOf(body),
  };
}

function logprobsOf({ logprobs, top_logprobs }: SamplingBody): number | null {
  if (logprobs === true) return top_logprobs ?? fields.top_logprobs.default;
  if (top_logprobs === undefined || top_logprobs === 0) return null;
  throw new MillraceError(
    'conflicting_values',
    `top_logprobs is ${top_logprobs} and logprobs is not true: send logprobs true with it`,
    { param: 'top_logprobs' },
  );
}
