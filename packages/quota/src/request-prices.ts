import type { RequestReceived } from '@millrace/contracts';
import type { SettledRequest } from './consumption.ts';

/** What requests cost. Amounts are decimal strings; undefined: a model has no price. */
export interface RequestPrices {
  /** What a request costs at most, whichever of its models answers. */
  worstAmountOf(request: RequestReceived): string | undefined;
  /** What a request that has ended costs, as billing charges it. */
  amountOf(closing: SettledRequest): string | undefined;
}

/** Tokens that a request uses at most: those of its input, and as many as each of its choices may have. */
export function worstTokensOf({ input_tokens_most, parameters }: RequestReceived): number {
  return input_tokens_most + parameters.max_tokens * parameters.n;
}
