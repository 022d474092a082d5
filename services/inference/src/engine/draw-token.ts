import { logprobsOf, type TokenLogprobs } from './logprobs.ts';
import type { Candidates } from './model-runner.ts';
import type { Penalties } from './penalties.ts';
import { sample, type SamplingOptions } from './sampler.ts';

export interface DrawnToken {
  readonly token: number;
  /** Where they were asked for. */
  readonly logprobs: TokenLogprobs | undefined;
}

/**
 * Draws the next token of a generation and says how probable it was.
 *
 * @param candidates as the model gave them: log-probabilities are of these
 * @param allowed what of them may be drawn
 * @throws MillraceError as `sample` does
 */
export function drawToken(
  candidates: Candidates,
  allowed: Candidates,
  options: SamplingOptions & { readonly logprobs: number | undefined },
  penalties: Penalties,
  uniform: number,
  vocabularySize: number,
): DrawnToken {
  const token = sample(allowed, options, penalties, uniform, vocabularySize);
  const { logprobs } = options;
  return { token, logprobs: logprobs === undefined ? undefined : logprobsOf(candidates, token, logprobs) };
}
