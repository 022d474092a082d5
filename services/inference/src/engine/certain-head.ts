import type { Candidates } from './model-runner.ts';
import type { Penalties } from './penalties.ts';

/** The most likely tokens after bias and penalties, as far as the candidates prove which ones these are. */
export interface CertainHead {
  /** In order of falling logit, the lower id first where logits are equal. May be empty. */
  readonly tokens: Int32Array;
  /** Their logits, bias and penalties applied. */
  readonly logits: Float32Array;
  /** Logits of the candidates that other tokens may come before. */
  readonly doubtful: readonly number[];
  /** The most that the logits of tokens which are no candidates, but have bias or penalties, can be. */
  readonly changedBounds: readonly number[];
  /** No token outside the head has a larger logit. */
  readonly ceiling: number;
}

/**
 * Applies bias and penalties to the candidates. A token that is none of them had at most the logit of the last one, and
 * what bias and penalties do to a token never falls when its logit rises: so each has an upper bound, and the candidates
 * above all these bounds come first whatever the other logits are.
 */
export function certainHead(
  candidates: Candidates,
  penalties: Penalties,
  vocabularySize: number,
): CertainHead {
  const last = candidates.logits.at(-1) ?? -Infinity;
  if (penalties.changesNothing) {
    const { tokens, logits } = candidates;
    return { tokens, logits, doubtful: [], changedBounds: [], ceiling: last };
  }
  const known = new Set(candidates.tokens);
  const changedBounds: number[] = [];
  for (const token of penalties.changedTokens()) {
    if (!known.has(token)) changedBounds.push(penalties.apply(token, last));
  }
  const restCeiling = known.size < vocabularySize ? last : -Infinity;
  const ceiling = changedBounds.reduce((most, bound) => Math.max(most, bound), restCeiling);
  const changed = Array.from(candidates.tokens, (token, index) => ({
    token,
    logit: penalties.apply(token, candidates.logits[index] ?? -Infinity),
  })).toSorted((a, b) => (a.logit === b.logit ? a.token - b.token : b.logit - a.logit));
  const firstDoubtful = changed.findIndex(({ logit }) => logit <= ceiling);
  const end = firstDoubtful === -1 ? changed.length : firstDoubtful;
  const certain = changed.slice(0, end);
  return {
    tokens: Int32Array.from(certain, ({ token }) => token),
    logits: Float32Array.from(certain, ({ logit }) => logit),
    doubtful: changed.slice(end).map(({ logit }) => logit),
    changedBounds,
    ceiling,
  };
}
