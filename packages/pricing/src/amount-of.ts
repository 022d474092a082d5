import { Big } from 'big.js';
import type { RequestClosed, Usage } from '@millrace/contracts';
import { amountDigits, type Price } from './price.ts';

const roundHalfEven = 2;
const millionth = new Big('0.000001');
const thousandth = new Big('0.001');
const nothing = new Big(0);

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
  // A product is exact where a quotient of big.js would be rounded: only the point moves.
  const perMillion = [
    times(price.inputPerMillion, usage.input_tokens - usage.cached_input_tokens),
    times(cachedInput, usage.cached_input_tokens),
    times(price.outputPerMillion, usage.output_tokens),
    times(price.charactersInPerMillion, usage.characters_in),
    times(price.charactersOutPerMillion, usage.characters_out),
  ].reduce(plus);
  const amount = [
    perMillion.times(millionth),
    times(price.perRequest, 1),
    times(price.perSecond, Math.round(workedMs)).times(thousandth),
  ].reduce(plus);
  if (!isFromCache) return amount.toFixed(amountDigits, roundHalfEven);
  return amount.times(price.cachedAnswer).toFixed(amountDigits, roundHalfEven);
}

/** Most prices have few units that cost anything: the others cost no time either. */
function times(price: string, count: number): Big {
  return count === 0 || Number(price) === 0 ? nothing : new Big(price).times(count);
}

function plus(sum: Big, each: Big): Big {
  if (each === nothing) return sum;
  return sum === nothing ? each : sum.plus(each);
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
