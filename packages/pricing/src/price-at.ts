import type { RequestClosed } from '@millrace/contracts';
import type { Price } from './price.ts';

/** Which price is asked for. */
export interface PriceQuestion {
  readonly model: string;
  /** Null where it is not known. */
  readonly modelVersion: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a request that has ended is charged by. */
export type AnsweredRequest = Pick<RequestClosed, 'model' | 'served_by' | 'model_version' | 'received_at'>;

/** Charged is the model that answered, by the price of when the request came in: what was held in reserve is of the same price. */
export function priceQuestionOf({
  model,
  served_by,
  model_version,
  received_at,
}: AnsweredRequest): PriceQuestion {
  return { model: served_by ?? model, modelVersion: model_version, at: received_at };
}

/**
 * The price of a model at a moment: one for its version before one for all versions, then the one that is valid since the latest moment,
 * then the one that was made last.
 */
export function priceAt(
  prices: readonly Price[],
  { model, modelVersion, at }: PriceQuestion,
): Price | undefined {
  return prices
    .filter((price) => price.model === model && isValid(price, at))
    .filter((price) => price.modelVersion === null || price.modelVersion === modelVersion)
    .reduce<Price | undefined>(
      (best, price) => (best === undefined || isBetter(price, best) ? price : best),
      undefined,
    );
}

/** Those of a model that may apply to a request of this moment, whichever version of the model answers it. */
export function pricesAt(prices: readonly Price[], model: string, at: number): readonly Price[] {
  const versions = new Set(prices.map(({ modelVersion }) => modelVersion));
  return [...versions].flatMap((modelVersion) => priceAt(prices, { model, modelVersion, at }) ?? []);
}

function isValid({ validFrom, validUntil }: Price, at: number): boolean {
  return validFrom <= at && (validUntil === null || at < validUntil);
}

function isBetter(price: Price, best: Price): boolean {
  if ((price.modelVersion === null) !== (best.modelVersion === null)) return price.modelVersion !== null;
  if (price.validFrom !== best.validFrom) return price.validFrom > best.validFrom;
  return price.version > best.version;
}
