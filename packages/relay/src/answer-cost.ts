import type { Finished, Opened } from '@millrace/contracts';
import type { PriceBook } from '@millrace/pricing';

/** What an answer is charged. */
export interface AnswerCost {
  /** Decimal, with ten digits after the point. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}

/** What an answer is charged, as clients see it. */
export const costSchema = {
  type: ['object', 'null'],
  description: 'What is charged, as it stands in the ledger; null where the model has no price.',
  required: ['amount', 'currency'],
  additionalProperties: false,
  properties: {
    amount: {
      type: 'string',
      pattern: String.raw`^\d+\.\d{10}$`,
      description: 'Decimal, with ten digits after the point.',
    },
    currency: { type: 'string', description: 'ISO 4217.' },
  },
} as const;

/** What an answer costs that began and ended so. @returns undefined where the model has no price */
export type CostOf = (opened: Opened, finished: Finished) => AnswerCost | undefined;

export function costsBy(prices: Pick<PriceBook, 'amountOf' | 'priceOf'>): CostOf {
  return ({ model, received_at }, { served_by, model_version, usage, timings, cache }) => {
    const closing = { model, received_at, served_by, model_version, usage, timings, cache };
    const amount = prices.amountOf(closing);
    const currency = prices.priceOf(closing)?.currency;
    return amount === undefined || currency === undefined ? undefined : { amount, currency };
  };
}
