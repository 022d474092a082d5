import { Big } from 'big.js';
import type { Usage } from '@millrace/contracts';

/** Digits after the point of an amount, in the ledger and in `billing.charged`. */
const amountDigits = 10;
const roundHalfEven = 2;
const millionth = new Big('0.000001');

/** Nothing, as an amount is written. */
export const zeroAmount = new Big(0).toFixed(amountDigits);

/** What tokens cost. Decimal strings, in the currency for a million tokens. */
export interface TokenPrice {
  readonly inputPerMillion: string;
  readonly outputPerMillion: string;
  /** Share of it that an answer from the cache costs: a decimal string, 0 for nothing. */
  readonly cachedAnswer: string;
}

/**
 * What a usage costs, exactly: a decimal string with ten digits after the point, rounded half to even once, at the end.
 * A usage that nobody counted (source `NONE`) costs nothing. Tokens from the prefix cache cost what other input costs.
 *
 * @param isFromCache whether the whole answer came from the cache
 */
export function amountOf(usage: Usage, price: TokenPrice, isFromCache = false): string {
  if (usage.source === 'NONE') return zeroAmount;
  const input = new Big(price.inputPerMillion).times(usage.input_tokens);
  const output = new Big(price.outputPerMillion).times(usage.output_tokens);
  // A product is exact where a quotient of big.js would be rounded: only the point moves.
  const share = isFromCache ? price.cachedAnswer : '1';
  return input.plus(output).times(millionth).times(share).toFixed(amountDigits, roundHalfEven);
}
