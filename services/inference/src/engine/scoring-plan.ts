/** A token whose log-probability is wanted, and the place in the scores where it belongs. */
interface WantedToken {
  readonly token: number;
  readonly continuation: number;
  readonly index: number;
}

/** One step of a plan. */
export interface ScoringStep {
  /** The token to feed in; -1 in the first step, which follows the prompt. */
  readonly token: number;
  /** The position that it takes, counted from the end of the prompt. */
  readonly offset: number;
  /** What is to be read from the logits that follow it. */
  readonly wanted: readonly WantedToken[];
}

/**
 * The steps that give the probability of each token of several continuations of one prompt. Beginnings that continuations share are
 * fed in once. The order is depth first, so that a step finds what it follows at the positions before its own: it may overwrite
 * whatever stands from there on.
 *
 * @param continuations at least one, each of at least one token
 */
export function planScoring(continuations: readonly Int32Array[]): readonly ScoringStep[] {
  const steps: ScoringStep[] = [];
  const visit = (token: number, depth: number, members: readonly number[]): void => {
    const wanted: WantedToken[] = [];
    const next = new Map<number, number[]>();
    for (const continuation of members) {
      const tokens = continuations[continuation] ?? new Int32Array();
      const following = tokens[depth];
      if (following === undefined) continue;
      wanted.push({ token: following, continuation, index: depth });
      if (depth + 1 < tokens.length) next.set(following, [...(next.get(following) ?? []), continuation]);
    }
    steps.push({ token, offset: depth - 1, wanted });
    for (const [following, continuing] of next) visit(following, depth + 1, continuing);
  };
  visit(-1, 0, [...continuations.keys()]);
  return steps;
}
