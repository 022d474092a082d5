import { describe, expect, it } from 'vitest';
import type { Price } from './price.ts';
import { priceAt, pricesAt } from './price-at.ts';
import { freePrice } from './pricing.fixture.ts';

const price = (version: number, changes: Partial<Price> = {}): Price => ({
  ...freePrice,
  version,
  ...changes,
});
const at = (prices: readonly Price[], moment: number, modelVersion: string | null = null) =>
  priceAt(prices, { model: 'model', modelVersion, at: moment })?.version;

describe('priceAt', () => {
  it('is the price that is valid then', () => {
    const prices = [price(1), price(2, { validFrom: 100 }), price(3, { validFrom: 200, validUntil: 300 })];
    expect([99, 100, 199, 200, 299, 300].map((moment) => at(prices, moment))).toEqual([1, 2, 2, 3, 3, 2]);
    expect(at([price(1, { validFrom: 5 })], 4)).toBeUndefined();
    expect(priceAt(prices, { model: 'other', modelVersion: null, at: 0 })).toBeUndefined();
  });

  it('takes the one that was made last where two begin together', () => {
    expect(at([price(1), price(3), price(2)], 0)).toBe(3);
  });

  it('prefers the price of the version of the model', () => {
    const prices = [price(1, { modelVersion: 'q8' }), price(2, { validFrom: 100 })];
    expect(at(prices, 200, 'q8')).toBe(1);
    expect(at(prices, 200, 'q4')).toBe(2);
    expect(at(prices, 200)).toBe(2);
    expect(pricesAt(prices, 'model', 200).map(({ version }) => version)).toEqual([1, 2]);
  });
});
