import type { Candidates, ModelRunner } from '../engine/model-runner.ts';

/** How far the next-token distributions of a model are from those of a reference, on one text. */
export interface Quality {
  /** Positions that were compared. */
  readonly tokens: number;
  /** Mean KL divergence of the model's distribution from the reference's, in nats: KL(reference ‖ model). */
  readonly divergence: number;
  /** KL(model ‖ reference). */
  readonly reverseDivergence: number;
  /** Share of the positions at which both have the same most likely token. */
  readonly agreement: number;
}

export interface MeasureQualityOptions {
  readonly runner: ModelRunner;
  /** Of the same vocabulary, slots and context as the runner. */
  readonly reference: ModelRunner;
  /** The text; what is left over of it after an equal share for each slot is not used. */
  readonly tokens: Int32Array;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Compares a model with a reference at every position of a text. Each slot takes an equal share of the positions: what
 * comes before is prefilled, the share itself decoded, all slots in one ragged batch.
 */
export async function measureQuality(options: MeasureQualityOptions): Promise<Quality> {
  const { runner, reference, tokens, onProgress } = options;
  const { slots } = runner;
  const share = Math.floor(tokens.length / slots);
  const starts = Array.from({ length: slots }, (_, slot) => slot * share);
  for (const [slot, start] of starts.entries()) {
    for (const each of [runner, reference]) await prefillAll(each, slot, tokens.subarray(0, start));
    onProgress?.((slot + 1) / slots / 2);
  }
  const sums = { divergence: 0, reverseDivergence: 0, agreement: 0 };
  for (let step = 0; step < share; step += 1) {
    const fed = starts.map((start) => ({ token: tokens[start + step] ?? 0, position: start + step }));
    const actual = (await runner.decode(fed)).map(logProbabilities);
    const expected = (await reference.decode(fed)).map(logProbabilities);
    for (const [slot, row] of expected.entries()) {
      const other = actual[slot] ?? row;
      sums.divergence += divergence(row, other);
      sums.reverseDivergence += divergence(other, row);
      sums.agreement += mostLikely(row) === mostLikely(other) ? 1 : 0;
    }
    onProgress?.(0.5 + (step + 1) / share / 2);
  }
  const count = share * slots;
  return {
    tokens: count,
    divergence: sums.divergence / count,
    reverseDivergence: sums.reverseDivergence / count,
    agreement: sums.agreement / count,
  };
}

/** Prefills a whole text on a slot, in chunks. @returns the candidates for the token that follows; none of an empty text */
export async function prefillAll(
  runner: ModelRunner,
  slot: number,
  tokens: Int32Array,
): Promise<Candidates | undefined> {
  let last: Candidates | undefined;
  for (let start = 0; start < tokens.length; start += runner.prefillChunk) {
    const chunk = tokens.subarray(start, start + runner.prefillChunk);
    last = await runner.prefill(slot, chunk, start, start + chunk.length === tokens.length);
  }
  return last;
}

function logProbabilities({ fullLogits, logSumExp }: Candidates): Float32Array {
  return fullLogits().map((logit) => logit - logSumExp);
}

/** KL(p ‖ q) of two distributions that are given as log-probabilities. */
function divergence(p: Float32Array, q: Float32Array): number {
  return p.reduce((sum, value, token) => sum + Math.exp(value) * (value - (q[token] ?? 0)), 0);
}

function mostLikely(row: Float32Array): number {
  return row.reduce((best, value, token) => (value > (row[best] ?? 0) ? token : best), 0);
}
