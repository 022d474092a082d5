import { describe, expect, it } from 'vitest';
import { ChainFollower, hashOfRecord, noHash, verifyChain, type ChainLink } from './chain.ts';

/** A stand-in for an encoded record: what it says, then its hash. */
function encode(sequence: number, previousHash: Uint8Array, text: string): Uint8Array {
  const body = Buffer.concat([Buffer.from(`${sequence}:${text}:`), previousHash]);
  return Buffer.concat([body, hashOfRecord(Buffer.concat([body, noHash]))]);
}

function linkOf(sequence: number, previousHash: Uint8Array, text: string): ChainLink {
  const encoded = encode(sequence, previousHash, text);
  return { sequence, previousHash, hash: encoded.subarray(-32), computedHash: hashOfRecord(encoded) };
}

function chainOf(length: number): ChainLink[] {
  const links: ChainLink[] = [];
  for (let sequence = 1; sequence <= length; sequence++) {
    links.push(linkOf(sequence, links.at(-1)?.hash ?? noHash, `record ${sequence}`));
  }
  return links;
}

describe('verifyChain', () => {
  it('accepts an untouched chain and an empty one', () => {
    expect(verifyChain(chainOf(20))).toEqual({ records: 20, verified: true });
    expect(verifyChain([])).toEqual({ records: 0, verified: true });
  });

  it('names a record whose content was changed and whose hash was left', () => {
    const links = chainOf(5);
    links[2] = { ...links[2]!, computedHash: hashOfRecord(encode(3, links[1]!.hash, 'altered')) };
    expect(verifyChain(links).firstBroken).toEqual({ sequence: 3, reason: 'changed' });
  });

  it.each([1, 3, 4])('names record %i that was changed together with its hash', (sequence) => {
    const links = chainOf(5);
    links[sequence - 1] = linkOf(sequence, links[sequence - 2]?.hash ?? noHash, 'altered');
    expect(verifyChain(links).firstBroken).toEqual({ sequence, reason: 'changed' });
  });

  it('names a record that was put in the place of another and that the next one does not follow', () => {
    const links = chainOf(5);
    links[2] = linkOf(3, chainOf(1)[0]!.hash, 'altered');
    expect(verifyChain(links).firstBroken).toEqual({ sequence: 3, reason: 'changed' });
  });

  it('names the other one of two that do not fit together where the first is trusted', () => {
    const links = chainOf(4);
    const follower = new ChainFollower();
    for (const link of links.slice(0, 2)) follower.add(link);
    follower.trust();
    const forged = linkOf(3, noHash, 'altered');
    follower.add(forged);
    follower.add(linkOf(4, forged.hash, 'altered too'));
    expect(follower.end().firstBroken).toEqual({ sequence: 3, reason: 'changed' });
  });

  it.each([
    [1, 0],
    [3, 2],
  ])('names record %i when it was removed', (sequence, index) => {
    expect(verifyChain(chainOf(5).toSpliced(index, 1)).firstBroken).toEqual({ sequence, reason: 'removed' });
  });

  it('names the place where a record was inserted', () => {
    const links = chainOf(5);
    const forged = linkOf(3, links[1]!.hash, 'forged');
    expect(verifyChain(links.toSpliced(2, 0, forged)).firstBroken).toEqual({
      sequence: 3,
      reason: 'inserted',
    });
  });

  it('names a record that was moved', () => {
    const links = chainOf(5);
    const moved = [links[0]!, links[2]!, links[1]!, links[3]!, links[4]!];
    expect(verifyChain(moved).firstBroken).toEqual({ sequence: 3, reason: 'reordered' });
  });

  it('refuses a first record that follows something', () => {
    const other = linkOf(1, chainOf(1)[0]!.hash, 'record 1');
    expect(verifyChain([other]).firstBroken).toEqual({ sequence: 1, reason: 'inserted' });
  });
});
