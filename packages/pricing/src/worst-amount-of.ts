import { Big } from 'big.js';
import type { RequestReceived } from '@millrace/contracts';
import { amountOf } from './amount-of.ts';
import type { Price } from './price.ts';

/** No token of a vocabulary stands for more. */
const charactersOfToken = 256;

/** What the price of a request depends on before it is answered. */
export type PricedRequest = Pick<
  RequestReceived,
  'input_tokens_most' | 'characters_in' | 'received_at' | 'deadline_at'
> & { readonly parameters: Pick<RequestReceived['parameters'], 'max_tokens' | 'n'> };

/** What a request costs at most with this price: all of its input, all of the output that it may have, until its deadline. */
export function worstAmountOf(request: PricedRequest, price: Price): string {
  const { input_tokens_most, parameters, characters_in, received_at, deadline_at } = request;
  const { inputPerMillion, cachedInputPerMillion } = price;
  const outputTokens = parameters.max_tokens * parameters.n;
  const isCachedDearer = cachedInputPerMillion !== null && new Big(cachedInputPerMillion).gt(inputPerMillion);
  return amountOf(
    {
      usage: {
        input_tokens: input_tokens_most,
        cached_input_tokens: isCachedDearer ? input_tokens_most : 0,
        output_tokens: outputTokens,
        characters_in,
        characters_out: outputTokens * charactersOfToken,
        source: 'ESTIMATE',
      },
      workedMs: Math.max(0, deadline_at - received_at),
      isFromCache: false,
    },
    price,
  );
}
