/**
 * Groups texts of similar length, so that little is padded. A batch takes at most `maxBatchTokens`, padding included,
 * or holds a single text.
 *
 * @param lengths tokens of each text
 * @returns indices of the texts, for each batch
 */
export function planBatches(lengths: readonly number[], maxBatchTokens: number): number[][] {
  const byLength = lengths.map((_, index) => index).toSorted((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of byLength) {
    const padded = (batch.length + 1) * (lengths[index] ?? 0);
    if (batch.length > 0 && padded > maxBatchTokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
