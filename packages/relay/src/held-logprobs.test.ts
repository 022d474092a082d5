import { describe, expect, it } from 'vitest';
import type { TokenLogprobs } from '@millrace/stage';
import { HeldLogprobs } from './held-logprobs.ts';

const of = (...tokens: readonly string[]): readonly TokenLogprobs[] =>
  tokens.map((token) => ({ token, bytes: [], logprob: -1, top_logprobs: [] }));
const texts = (taken: readonly TokenLogprobs[]): readonly string[] => taken.map(({ token }) => token);

/** The text is "is 41 11 so", of which "41 11" was replaced. */
const isChanged = (from: number, to: number): boolean => from < 8 && to > 3;

describe('HeldLogprobs', () => {
  it('waits for the text, and takes the texts of tokens that were replaced', () => {
    const held = new HeldLogprobs();
    held.add('is ', of('is '));
    held.add('41 11', of('41', ' 11'));
    expect(texts(held.take(isChanged, 3))).toEqual(['is ']);
    expect(texts(held.take(isChanged, 3))).toEqual([]);
    held.add(' so', of(' so'));
    expect(texts(held.take(isChanged))).toEqual(['', '', ' so']);
  });

  it('shows no token of a value whose text comes later', () => {
    const held = new HeldLogprobs();
    held.add('', of('is '));
    held.add('is ', of('41'));
    held.add('41', of(' 11'));
    held.add(' 11', []);
    held.add(' so', of(' so'));
    expect(texts(held.take(isChanged, 3))).toEqual([]);
    expect(texts(held.take(isChanged))).toEqual(['', '', '', ' so']);
  });
});
