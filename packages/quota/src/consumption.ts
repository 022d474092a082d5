import { Big } from 'big.js';
import type { RequestClosed } from '@millrace/contracts';
import type { Consumption } from './quota.ts';
import type { RequestPrices } from './request-prices.ts';

/** What settlement needs of a closing. */
export type SettledRequest = Pick<
  RequestClosed,
  | 'request_id'
  | 'outcome'
  | 'closed_at'
  | 'received_at'
  | 'model'
  | 'served_by'
  | 'model_version'
  | 'usage'
  | 'timings'
  | 'cache'
>;

/** What a request has used: its tokens, and what billing charges for them. */
export function consumptionOf(closing: SettledRequest, prices: RequestPrices): Consumption {
  const { source, input_tokens, output_tokens } = closing.usage;
  if (source === 'NONE') return { tokens: 0, amount: new Big(0) };
  return { tokens: input_tokens + output_tokens, amount: new Big(prices.amountOf(closing) ?? '0') };
}

/** The columns of a claim that an end fills in, as PostgreSQL reads them from JSON. */
export function settledRow(
  closing: Pick<SettledRequest, 'request_id' | 'outcome' | 'closed_at'>,
  used: Consumption,
) {
  return {
    request_id: closing.request_id,
    outcome: closing.outcome.toLowerCase(),
    closed_at: new Date(closing.closed_at).toISOString(),
    used_tokens: used.tokens,
    used_amount: used.amount.toFixed(),
  };
}
