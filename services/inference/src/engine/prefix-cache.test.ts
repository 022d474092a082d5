import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixCache } from './prefix-cache.ts';

const blockTokens = 4;
/** A block's memory holds a number that says which tokens it stands for. */
const blockBytes = 8;

const tokensOf = (text: string): Int32Array => Int32Array.from(text, (character) => character.charCodeAt(0));
const hashOf = (tokens: Int32Array): number =>
  tokens.reduce((hash, token) => (Math.imul(hash, 31) + token) | 0, 7);

function cacheOf(blocks: number, publicPrefix = ''): PrefixCache {
  return new PrefixCache({
    blockTokens,
    blockBytes,
    budgetBytes: blocks * blockBytes,
    publicPrefix: tokensOf(publicPrefix),
  });
}

/** Takes what there is from the cache, and puts the rest in. @returns how many positions came from it */
function prefill(cache: PrefixCache, scope: string, tokens: Int32Array): number {
  const walk = cache.walk(scope, tokens);
  let at = 0;
  for (let block = walk.load(); block !== undefined; block = walk.load()) {
    at += blockTokens;
    expect(new Int32Array(block.buffer)[0]).toBe(hashOf(tokens.subarray(0, at)));
  }
  const loaded = at;
  for (; at + blockTokens <= tokens.length; at += blockTokens) {
    const memory = walk.save(at);
    if (memory !== undefined) new Int32Array(memory.buffer)[0] = hashOf(tokens.subarray(0, at + blockTokens));
  }
  return loaded;
}

describe('PrefixCache', () => {
  it('finds the blocks that two prompts have in common', () => {
    const cache = cacheOf(10);
    expect(prefill(cache, 'acme', tokensOf('aaaabbbbcccc1'))).toBe(0);
    expect(prefill(cache, 'acme', tokensOf('aaaabbbbdddd1'))).toBe(8);
    expect(prefill(cache, 'acme', tokensOf('aaaabbbbcccc2'))).toBe(12);
    expect(prefill(cache, 'acme', tokensOf('bbbbcccc'))).toBe(0);
    expect(cache.statistics).toMatchObject({ blocks: 6, bytes: 48, hitTokens: 20, queriedTokens: 47 });
  });

  it('leaves the last token to be computed', () => {
    const cache = cacheOf(10);
    prefill(cache, 'acme', tokensOf('aaaabbbb'));
    expect(prefill(cache, 'acme', tokensOf('aaaabbbb'))).toBe(4);
    expect(prefill(cache, 'acme', tokensOf('aaaabbbb!'))).toBe(8);
  });

  it('shows no tenant what another one has asked', () => {
    const cache = cacheOf(10);
    prefill(cache, 'acme', tokensOf('aaaabbbbcccc'));
    expect(prefill(cache, 'other', tokensOf('aaaabbbbcccc'))).toBe(0);
    expect(prefill(cache, 'acme', tokensOf('aaaabbbbcccc'))).toBe(8);
  });

  it('shares whole blocks of the public prefix between tenants, and nothing behind them', () => {
    const cache = cacheOf(10, 'aaaabbbbcc');
    prefill(cache, 'acme', tokensOf('aaaabbbbccccdddd!'));
    expect(prefill(cache, 'other', tokensOf('aaaabbbbccccdddd!'))).toBe(8);
  });

  it('drops what was used least recently, the end of a prompt before its beginning', () => {
    const cache = cacheOf(4);
    prefill(cache, 'acme', tokensOf('aaaabbbb!'));
    prefill(cache, 'acme', tokensOf('ccccdddd!'));
    expect(prefill(cache, 'acme', tokensOf('aaaabbbb!'))).toBe(8);
    prefill(cache, 'acme', tokensOf('eeee!'));
    expect(prefill(cache, 'acme', tokensOf('ccccdddd!'))).toBe(4);
    expect(cache.statistics.evictedBlocks).toBeGreaterThan(0);
  });

  it('keeps the beginning of a prompt that is longer than the budget', () => {
    const cache = cacheOf(2);
    prefill(cache, 'acme', tokensOf('aaaabbbbccccdddd!'));
    expect(prefill(cache, 'acme', tokensOf('aaaabbbbccccdddd!'))).toBe(8);
  });

  it('is switched off by a budget below one block', () => {
    const cache = cacheOf(0);
    prefill(cache, 'acme', tokensOf('aaaabbbb!'));
    expect(prefill(cache, 'acme', tokensOf('aaaabbbb!'))).toBe(0);
    expect(cache.statistics).toMatchObject({ blocks: 0, queriedTokens: 0 });
  });

  it('never gives a block that stands for other tokens, and never exceeds its budget', () => {
    const prompt = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), prompt), { maxLength: 40 }),
        (blocks, prompts) => {
          const cache = cacheOf(blocks, '\0\0\0\0');
          for (const [scope, tokens] of prompts) {
            const loaded = prefill(cache, scope, Int32Array.from(tokens));
            expect(loaded).toBeLessThan(tokens.length);
            expect(cache.statistics.blocks).toBeLessThanOrEqual(blocks);
          }
        },
      ),
    );
  });

  it('stops a prompt whose last block was dropped while it went along', () => {
    const cache = cacheOf(1);
    const slow = cache.walk('acme', tokensOf('aaaabbbb!'));
    expect(slow.save(0)).toBeDefined();
    prefill(cache, 'acme', tokensOf('cccc!'));
    expect(slow.load()).toBeUndefined();
    expect(slow.save(4)).toBeUndefined();
    expect(cache.statistics.blocks).toBe(1);
  });
});
