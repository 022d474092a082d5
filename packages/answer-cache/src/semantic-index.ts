/** Where a text is among those that it may stand for. */
export interface Place {
  /** Texts of different partitions are never compared. */
  readonly partition: string;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** All are compared one by one: 1,000 vectors of 384 numbers take about half a millisecond. */
const maxInPartition = 1_000;

/** Vectors by partition. */
export class SemanticIndex {
  readonly #partitions = new Map<string, Map<string, Float32Array>>();

  /** @returns the key of the one that has to go, where the partition is full */
  add(key: string, { partition, vector }: Place): string | undefined {
    const vectors = this.#partitions.get(partition) ?? new Map<string, Float32Array>();
    this.#partitions.set(partition, vectors);
    vectors.set(key, vector);
    return vectors.size > maxInPartition ? vectors.keys().next().value : undefined;
  }

  remove(key: string, partition: string): void {
    const vectors = this.#partitions.get(partition);
    vectors?.delete(key);
    if (vectors?.size === 0) this.#partitions.delete(partition);
  }

  /** The one with the largest cosine, if that is at or above the threshold. */
  nearest(
    { partition, vector }: Place,
    threshold: number,
  ): { readonly key: string; readonly similarity: number } | undefined {
    let best: { readonly key: string; readonly similarity: number } | undefined;
    for (const [key, other] of this.#partitions.get(partition) ?? []) {
      const similarity = Math.min(1, cosine(vector, other));
      if (similarity >= threshold && (best === undefined || similarity > best.similarity))
        best = { key, similarity };
    }
    return best;
  }
}

/** Of two vectors of length 1. */
function cosine(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return -1;
  let sum = 0;
  for (let index = 0; index < one.length; index += 1)
    sum += (one[index] as number) * (other[index] as number);
  return sum;
}
