import { logprobsOf, type TokenLogprobs } from './logprobs.ts';
import type { Candidates } from './model-runner.ts';
import type { Penalties } from './penalties.ts';
import { sample, type SamplingOptions } from './sampler.ts';

export interface DrawnToken {
  readonly token: number;
  /** Where they were asked for. */
  readonly logprobs: TokenLogprobs | undefined;
}

/** Draws the next token of a generation and says how probable it was. @throws MillraceError as `sample` does */
export function drawToken(
  candidates: Candidates,
  options: SamplingOptions & { readonly logprobs: number | undefined },
  penalties: Penalties,
  uniform: number,
  vocabularySize: number,
): DrawnToken {
  const token = sample(candidates, options, penalties, uniform, vocabularySize);
  const { logprobs } = options;
  return { token, logprobs: logprobs === undefined ? undefined : logprobsOf(candidates, token, logprobs) };
}
