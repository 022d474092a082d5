/** A label and how probable it is among the labels. */
export interface LabelScore {
  readonly label: string;
  /** From 0 to 1. */
  readonly score: number;
}

/**
 * How well each label fits, as a probability among the labels: the softmax of its log-likelihood for each token. The log-likelihood
 * is the sum of the log-probabilities of its tokens and of the end of the answer behind them; it is divided by their number, so that
 * a long label is not worse than a short one for its length alone.
 *
 * @param logprobs of each label, natural logarithms by token, at least one
 * @returns the scores, which sum to 1, in the order of falling score; the earlier label first where they are equal
 */
export function labelScores(
  labels: readonly string[],
  logprobs: readonly ArrayLike<number>[],
): readonly LabelScore[] {
  const means = logprobs.map((tokens) => sum(Array.from(tokens)) / tokens.length);
  const best = Math.max(...means);
  const weights = means.map((mean) => Math.exp(mean - best));
  const total = sum(weights);
  return labels
    .map((label, index) => ({ label, score: (weights[index] ?? 0) / total }))
    .toSorted((one, other) => other.score - one.score);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
