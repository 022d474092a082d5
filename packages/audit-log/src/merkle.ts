import { createHash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962, section 2.1: SHA-256, leaves and nodes told apart by their first byte. All functions work on the hashes of
 * the leaves.
 */
export type Hash = Uint8Array;

/** A tree that grows: its size, and the roots of its complete subtrees, largest first. A tree of n leaves has as many as n has ones in binary. */
export interface Tree {
  readonly size: number;
  readonly peaks: readonly Hash[];
}

export const emptyTree: Tree = { size: 0, peaks: [] };

/** The hash of a leaf. */
export function leafHash(leaf: Uint8Array): Hash {
  return createHash('sha256').update(leafPrefix).update(leaf).digest();
}

/** The tree with one leaf more. */
export function appendLeaf({ size, peaks }: Tree, leaf: Hash): Tree {
  const grown = [...peaks];
  let hash = leaf;
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2))
    hash = nodeHash(grown.pop() as Hash, hash);
  grown.push(hash);
  return { size: size + 1, peaks: grown };
}

/** The root; that of an empty tree is the hash of nothing. */
export function rootOf({ peaks }: Tree): Hash {
  if (peaks.length === 0) return createHash('sha256').digest();
  return peaks.reduceRight((right, left) => nodeHash(left, right));
}

/** Where the complete subtrees of a tree of this size lie, in the order of its peaks. */
export function peakRanges(size: number): readonly { readonly from: number; readonly to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (let from = 0; from < size;) {
    const to = from + largestPowerUpTo(size - from);
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}

/**
 * The path from a leaf to the root: the hashes beside it, lowest first.
 *
 * The leaves before `before.size` need not be at hand: what the path needs of them are peaks of the tree that they make.
 *
 * @param index of the leaf, from 0; at least `before.size`
 * @param leaves hashes of the leaves from `before.size` on
 */
export function inclusionPath(index: number, before: Tree, leaves: readonly Hash[]): readonly Hash[] {
  const known = new Map(
    peakRanges(before.size).map(({ from, to }, place) => [`${from}-${to}`, before.peaks[place] as Hash]),
  );
  const hashOf = (from: number, to: number): Hash => {
    const peak = known.get(`${from}-${to}`);
    if (peak !== undefined) return peak;
    if (to - from === 1) return leaves[from - before.size] as Hash;
    const middle = from + splitOf(to - from);
    return nodeHash(hashOf(from, middle), hashOf(middle, to));
  };
  const path: Hash[] = [];
  let from = 0;
  let to = before.size + leaves.length;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(hashOf(middle, to));
      to = middle;
    } else {
      path.push(hashOf(from, middle));
      from = middle;
    }
  }
  return path.toReversed();
}

/** The root that follows from a leaf and its path in a tree of `size` leaves; undefined when the path does not fit that size. */
export function rootOfPath(leaf: Hash, index: number, size: number, path: readonly Hash[]): Hash | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
  const isRight: boolean[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    isRight.push(index >= middle);
    if (index < middle) to = middle;
    else from = middle;
  }
  if (path.length !== isRight.length) return undefined;
  return path.reduce(
    (hash, beside, step) => (isRight.at(-1 - step) ? nodeHash(beside, hash) : nodeHash(hash, beside)),
    leaf,
  );
}

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

function nodeHash(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(nodePrefix).update(left).update(right).digest();
}

/** Sizes pass 2^32, where bit operations end. */
function largestPowerUpTo(size: number): number {
  let power = 1;
  while (power * 2 <= size) power *= 2;
  return power;
}

/** Leaves in the left half: the largest power of two that is less than the size. */
function splitOf(size: number): number {
  return largestPowerUpTo(size - 1);
}
