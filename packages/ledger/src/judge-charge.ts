import { createHash, type Hash } from 'node:crypto';
import { Big } from 'big.js';
import { amountDigits, amountOf, priceAt, type Price } from '@millrace/pricing';
import type { Charge } from './charges.ts';
import type { Correction } from './write-adjustments.ts';

/** What charges cost in a currency, by the prices of then and by others. Decimal strings. */
export interface ReratingSum {
  readonly currency: string;
  readonly charges: number;
  /** Those that cost another amount. */
  readonly changed: number;
  readonly before: string;
  readonly after: string;
  /** What is added: signed. */
  readonly difference: string;
}

/** The same of one tenant and the model that answered. */
export interface ReratingRow extends ReratingSum {
  readonly tenant: string;
  readonly model: string;
}

export interface Rerating {
  readonly sums: readonly ReratingSum[];
  /** By tenant and model, where something changes. */
  readonly rows: readonly ReratingRow[];
  /** Charges of models that have no such price for their moment: they stay. */
  readonly unpriced: number;
  /** Charges whose price is in another currency: they stay. */
  readonly otherCurrency: number;
  /** Of all corrections: another one is another re-rating. */
  readonly fingerprint: string;
}

/** What a charge is by other prices: what it lacks, or why it stays. */
export type Judgement = Correction | 'right' | 'unpriced' | 'otherCurrency';

export function isCorrection(judgement: Judgement): judgement is Correction {
  return typeof judgement === 'object';
}

/** What a charge lacks to be what its request costs by these prices. */
export function judge(charge: Charge, prices: readonly Price[]): Judgement {
  const { model, modelVersion, receivedAt, usageSource, workedMs, isFromCache } = charge;
  const price = priceAt(prices, { model, modelVersion, at: receivedAt });
  if (price === undefined) return 'unpriced';
  if (price.currency !== charge.currency) return 'otherCurrency';
  const usage = {
    input_tokens: charge.inputTokens,
    cached_input_tokens: charge.cachedInputTokens,
    output_tokens: charge.outputTokens,
    characters_in: charge.charactersIn,
    characters_out: charge.charactersOut,
    source: usageSource,
  };
  const amount = new Big(amountOf({ usage, workedMs, isFromCache }, price)).minus(chargedFor(charge));
  return amount.eq(0) ? 'right' : { charge, amount, priceVersion: price.version };
}

/** The charge as it was before what this very re-rating has added. */
export function beforeThis(charge: Charge): Charge {
  if (!charge.isAdjusted) return charge;
  const rerated = new Big(charge.rerated).minus(charge.adjustedHere).toFixed();
  return { ...charge, rerated, isAdjusted: false, adjustedHere: '0' };
}

/** What prices have made of a charge so far, without what was adjusted by hand. */
function chargedFor({ amount, rerated }: Charge): Big {
  return new Big(amount).plus(rerated);
}

interface Sum {
  readonly tenant: string;
  readonly model: string;
  readonly currency: string;
  charges: number;
  changed: number;
  before: Big;
  after: Big;
}

/** Adds up by tenant, model and currency. */
export class Tally {
  readonly #sums = new Map<string, Sum>();
  readonly #hash: Hash = createHash('sha256');
  #unpriced = 0;
  #otherCurrency = 0;

  add(charge: Charge, judgement: Judgement): void {
    if (judgement === 'unpriced') this.#unpriced += 1;
    if (judgement === 'otherCurrency') this.#otherCurrency += 1;
    const { tenant, model, currency } = charge;
    const name = JSON.stringify([tenant, model, currency]);
    const empty = { tenant, model, currency, charges: 0, changed: 0, before: new Big(0), after: new Big(0) };
    const sum: Sum = this.#sums.get(name) ?? empty;
    const before = chargedFor(charge);
    sum.charges += 1;
    sum.before = sum.before.plus(before);
    sum.after = sum.after.plus(before);
    if (isCorrection(judgement)) {
      const { amount, priceVersion } = judgement;
      sum.changed += 1;
      sum.after = sum.after.plus(amount);
      this.#hash.update(`${charge.requestId} ${amount.toFixed(amountDigits)} ${priceVersion}\n`);
    }
    this.#sums.set(name, sum);
  }

  get total(): Rerating {
    const all = [...this.#sums.values()];
    const rows = all.filter(({ changed }) => changed > 0).toSorted(byTenantAndModel);
    return {
      sums: [...Map.groupBy(all, ({ currency }) => currency).values()].map((sums) => shown(addUp(sums))),
      rows: rows.map((row) => ({ tenant: row.tenant, model: row.model, ...shown(row) })),
      unpriced: this.#unpriced,
      otherCurrency: this.#otherCurrency,
      fingerprint: this.#hash.copy().digest('hex').slice(0, 32),
    };
  }
}

function addUp(sums: readonly Sum[]): Sum {
  return sums.reduce((one, other) => ({
    ...one,
    charges: one.charges + other.charges,
    changed: one.changed + other.changed,
    before: one.before.plus(other.before),
    after: one.after.plus(other.after),
  }));
}

function shown({ currency, charges, changed, before, after }: Sum): ReratingSum {
  const [from, to] = [before.toFixed(amountDigits), after.toFixed(amountDigits)];
  return {
    currency,
    charges,
    changed,
    before: from,
    after: to,
    difference: after.minus(before).toFixed(amountDigits),
  };
}

function byTenantAndModel(one: Sum, other: Sum): number {
  return one.tenant.localeCompare(other.tenant) || one.model.localeCompare(other.model);
}
