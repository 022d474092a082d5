import { Big } from 'big.js';
import type { Bus } from '@millrace/bus';
import { controlKeys, type Codec, type RequestClosed, type RequestReceived } from '@millrace/contracts';
import type { Logger, Stoppable } from '@millrace/runtime';
import { amountOf, chargedOf } from './amount-of.ts';
import type { Price } from './price.ts';
import { priceAt, priceQuestionOf, pricesAt, type AnsweredRequest } from './price-at.ts';
import { ofPublished } from './published-price.ts';
import { worstAmountOf, type PricedRequest } from './worst-amount-of.ts';

/** What a request that has ended is charged by. */
export type PricedClosing = AnsweredRequest & Pick<RequestClosed, 'usage' | 'timings' | 'cache'>;

/** The prices that are charged, as billing has published them. Amounts are decimal strings; undefined: a model has no price. */
export interface PriceBook extends Stoppable {
  /** What a request costs at most, whichever of its models, and whichever version of it, answers. */
  worstAmountOf(request: PricedRequest & Pick<RequestReceived, 'model' | 'fallbacks'>): string | undefined;
  /** What a request that has ended costs: the same as stands in the ledger. */
  amountOf(closing: PricedClosing): string | undefined;
  /** The price that it is charged by. */
  priceOf(closing: AnsweredRequest): Price | undefined;
}

/** Follows the prices. It resolves when those that are published now are known. */
export async function watchPrices({
  bus,
  codec,
  logger,
}: {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly logger: Logger;
}): Promise<PriceBook> {
  const byModel = new Map<string, readonly Price[]>();
  const watch = await bus.bucket('CONTROL').watch(controlKeys.prices, ({ key, value }) => {
    if (value === undefined) return;
    try {
      const { model, prices } = codec.decode('price.published', value);
      byModel.set(
        model,
        prices.map((price) => ofPublished(model, price)),
      );
    } catch (error) {
      logger.error({ error, key }, 'the prices of a model cannot be read; those that were known before stay');
    }
  });
  const priceOf: PriceBook['priceOf'] = (closing) => {
    const question = priceQuestionOf(closing);
    return priceAt(byModel.get(question.model) ?? [], question);
  };
  return {
    worstAmountOf(request) {
      const amounts: string[] = [];
      for (const model of [request.model, ...request.fallbacks]) {
        const prices = pricesAt(byModel.get(model) ?? [], model, request.received_at);
        if (prices.length === 0) return undefined;
        amounts.push(...prices.map((price) => worstAmountOf(request, price)));
      }
      return amounts.reduce((most, amount) => (new Big(amount).gt(most) ? amount : most));
    },
    amountOf(closing) {
      const price = priceOf(closing);
      return price === undefined ? undefined : amountOf(chargedOf(closing), price);
    },
    priceOf,
    stop: () => watch.stop(),
  };
}
