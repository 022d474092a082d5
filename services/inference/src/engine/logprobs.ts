import { byFallingLogit } from './falling-order.ts';
import type { Candidates } from './model-runner.ts';

export interface LikelyToken {
  readonly token: number;
  /** Natural logarithm of its probability; -Infinity where the model excludes it. */
  readonly logprob: number;
}

/** How probable a drawn token was, and what else might have been drawn. */
export interface TokenLogprobs {
  /** Natural logarithm of the probability of the drawn token. */
  readonly logprob: number;
  /** The most likely tokens, most likely first; the drawn one is among them or not. */
  readonly top: readonly LikelyToken[];
}

/**
 * Log-probabilities as the model gave them: log-softmax of the logits before bias, penalties and temperature, which is
 * vLLM's default (`raw_logprobs`).
 *
 * @param token the one that was drawn
 * @param count how many of the most likely tokens are wanted; fewer if the vocabulary is smaller
 */
export function logprobsOf(candidates: Candidates, token: number, count: number): TokenLogprobs {
  const { tokens, logits, logSumExp } = candidates;
  // The rounding of the log-sum-exp may put a token that is all but certain above a probability of 1.
  const logprobOf = (logit: number | undefined): number => Math.min(0, (logit ?? -Infinity) - logSumExp);
  const index = tokens.indexOf(token);
  const logprob = logprobOf(index === -1 ? candidates.fullLogits()[token] : logits[index]);
  if (count <= tokens.length) {
    const top = Array.from(tokens.subarray(0, count), (likely, rank) => ({
      token: likely,
      logprob: logprobOf(logits[rank]),
    }));
    return { logprob, top };
  }
  const all = candidates.fullLogits();
  const top = Array.from(byFallingLogit(all).subarray(0, count), (likely) => ({
    token: likely,
    logprob: logprobOf(all[likely]),
  }));
  return { logprob, top };
}
