import type { Price } from './price.ts';

/** A price of nothing, valid for ever. */
export const freePrice: Price = {
  model: 'model',
  version: 1,
  modelVersion: null,
  currency: 'USD',
  inputPerMillion: '0',
  cachedInputPerMillion: null,
  outputPerMillion: '0',
  charactersInPerMillion: '0',
  charactersOutPerMillion: '0',
  perRequest: '0',
  perSecond: '0',
  cachedAnswer: '0',
  validFrom: 0,
  validUntil: null,
};
