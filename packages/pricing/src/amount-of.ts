import { Big } from 'big.js';
import type { RequestClosed, Usage } from '@millrace/contracts';
import { amountDigits, type Price } from './price.ts';

const roundHalfEven = 2;
const millionth = new Big('0.000001');
const thousandth = new Big('0.001');

/** Nothing, as an amount is written. */
export const zeroAmount = new Big(0).toFixed(amountDigits);

/** What is charged for, beside the usage. */
export interface Charged {
  readonly usage: Usage;
  /** From the first work on the request to its end, in milliseconds. */
  readonly workedMs: number;
  /** Whether the whole answer came from the cache. */
  readonly isFromCache: boolean;
}

/**
 * What a request costs, exactly: a decimal string with ten digits after the point, rounded half to even once, at the end. A usage that
 * nobody counted (source `NONE`) costs nothing.
 */
export function amountOf({ usage, workedMs, isFromCache }: Charged, price: Price): string {
  if (usage.source === 'NONE') return zeroAmount;
  const cachedInput = price.cachedInputPerMillion ?? price.inputPerMillion;
  const perMillion = new Big(price.inputPerMillion)
    .times(usage.input_tokens - usage.cached_input_tokens)
    .plus(new Big(cachedInput).times(usage.cached_input_tokens))
    .plus(new Big(price.outputPerMillion).times(usage.output_tokens))
    .plus(new Big(price.charactersInPerMillion).times(usage.characters_in))
    .plus(new Big(price.charactersOutPerMillion).times(usage.characters_out));
  // A product is exact where a quotient of big.js would be rounded: only the point moves.
  return perMillion
    .times(millionth)
    .plus(price.perRequest)
    .plus(new Big(price.perSecond).times(Math.round(workedMs)).times(thousandth))
    .times(isFromCache ? price.cachedAnswer : '1')
    .toFixed(amountDigits, roundHalfEven);
}

/** What a closing is charged for. */
export function chargedOf({
  usage,
  timings,
  cache,
}: Pick<RequestClosed, 'usage' | 'timings' | 'cache'>): Charged {
  return {
    usage,
    workedMs: Math.max(0, timings.total_ms - timings.queue_ms),
    isFromCache: cache !== null,
  };
}
