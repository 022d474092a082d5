import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendLeaf,
  emptyTree,
  inclusionPath,
  leafHash,
  peakRanges,
  rootOf,
  rootOfPath,
  type Tree,
} from './merkle.ts';

const hex = (hash: Uint8Array | undefined): string | undefined => hash && Buffer.from(hash).toString('hex');
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`record ${index}`)));
const treeOf = (leaves: readonly Uint8Array[]): Tree => leaves.reduce(appendLeaf, emptyTree);

/** Leaves of the test vectors of Certificate Transparency (google/certificate-transparency, merkle tree tests). */
const vectorLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const vectorRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree', () => {
  it('has the roots of RFC 6962', () => {
    expect(hex(rootOf(emptyTree))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    let tree = emptyTree;
    for (const [index, leaf] of vectorLeaves.entries()) {
      tree = appendLeaf(tree, leafHash(Buffer.from(leaf, 'hex')));
      expect(hex(rootOf(tree))).toBe(vectorRoots[index]);
    }
  });

  it('has a peak for each complete subtree', () => {
    expect(peakRanges(0)).toEqual([]);
    expect(peakRanges(11)).toEqual([
      { from: 0, to: 8 },
      { from: 8, to: 10 },
      { from: 10, to: 11 },
    ]);
    expect(treeOf(leavesOf(11)).peaks).toHaveLength(3);
    expect(peakRanges(2 ** 40 + 1)).toHaveLength(2);
  });
});

describe('a path', () => {
  it('leads from each leaf to the root, whatever of the leaves before is at hand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (size, a, b) => {
        const leaves = leavesOf(size);
        const index = a % size;
        const known = b % (index + 1);
        const path = inclusionPath(index, treeOf(leaves.slice(0, known)), leaves.slice(known));
        const root = rootOfPath(leaves[index] as Uint8Array, index, size, path);
        expect(hex(root)).toBe(hex(rootOf(treeOf(leaves))));
      }),
    );
  });

  it('leads nowhere from another leaf, another place or in a tree of another size', () => {
    const leaves = leavesOf(13);
    const root = hex(rootOf(treeOf(leaves)));
    const path = inclusionPath(5, emptyTree, leaves);
    const from = (index: number, place: number, size: number, steps = path) =>
      hex(rootOfPath(leaves[index] as Uint8Array, place, size, steps));
    expect(from(5, 5, 13)).toBe(root);
    expect(from(6, 5, 13)).not.toBe(root);
    expect(from(5, 4, 13)).not.toBe(root);
    expect(from(5, 5, 7)).toBeUndefined();
    expect(from(5, 5, 13, path.slice(1))).toBeUndefined();
    expect(from(5, 13, 13)).toBeUndefined();
    expect(from(5, -1, 13)).toBeUndefined();
    expect(from(5, 0.5, 13)).toBeUndefined();
  });
});
