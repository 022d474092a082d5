import { Big } from 'big.js';
import type { QuotaCounts, QuotaRow, QuotaSubject } from './quota-row.ts';
import { windowEndOf, windowStartOf } from './windows.ts';

/** What a request may use at worst, or has used. */
export interface Consumption {
  /** Of input and output together. */
  readonly tokens: number;
  readonly amount: Big;
}

/** A limit that does not let a request through. */
export interface ReachedLimit {
  readonly code: 'rate_limit_exceeded' | 'too_many_in_flight' | 'insufficient_quota';
  /** Its name, such as `limits.project.tokens_per_day`. */
  readonly param: string;
  readonly message: string;
  /** Undefined: a later try does not help. */
  readonly retryAfterMs: number | undefined;
}

const amountDigits = 10;

/** In per cent of a monthly budget: who reaches them is told. */
export const budgetShares = [50, 80, 100] as const;

/** A share of a monthly budget that is spent. Amounts are decimal strings. */
export interface ReachedShare extends QuotaSubject {
  /** In per cent. */
  readonly share: (typeof budgetShares)[number];
  /** When the month began: milliseconds since the epoch. */
  readonly month: number;
  readonly budget: string;
  readonly spent: string;
}

/** When to come back for a slot, or for what is in reserve: it becomes free when a request ends, which nobody knows ahead. */
export const releaseRetryMs = 1_000;

/**
 * The quota of one subject as a transaction sees it behind the lock of its row. What was used and what is in reserve never pass a limit
 * together: a request gets in when its worst case fits, and gives the difference back when it ends.
 */
export class Quota {
  readonly #row: QuotaRow;
  #counts: QuotaCounts;
  #reservedAmount: Big;
  #monthAmount: Big;
  #isChanged = false;

  constructor(row: QuotaRow) {
    this.#row = row;
    this.#counts = row;
    this.#reservedAmount = new Big(row.reservedAmount);
    this.#monthAmount = new Big(row.monthAmount);
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  get subject(): QuotaSubject {
    return { scope: this.#row.scope, subject: this.#row.subject };
  }

  get counts(): QuotaCounts {
    return {
      ...this.#counts,
      reservedAmount: this.#reservedAmount.toFixed(amountDigits),
      monthAmount: this.#monthAmount.toFixed(amountDigits),
    };
  }

  /** Whether it limits money at all. */
  get hasBudget(): boolean {
    return this.#row.budgetPerMonth !== null;
  }

  /** Requests that were admitted and have not ended. */
  get inFlight(): number {
    return this.#counts.inFlight;
  }

  /** The first limit that a request with this worst case would pass. */
  reachedBy(worst: Consumption, now: number): ReachedLimit | undefined {
    this.#begin(now);
    return (
      this.#requestsReached(now) ??
      this.#inFlightReached() ??
      this.#tokensReached('tokens_per_minute', 'minute', worst, now) ??
      this.#tokensReached('tokens_per_day', 'day', worst, now) ??
      this.#tokensReached('tokens_per_month', 'month', worst, now) ??
      this.#budgetReached(worst, now)
    );
  }

  /** A request was admitted. */
  reserve(worst: Consumption, now: number): void {
    this.#begin(now);
    this.#change({
      inFlight: this.#counts.inFlight + 1,
      reservedTokens: this.#counts.reservedTokens + worst.tokens,
      minuteRequests: this.#counts.minuteRequests + 1,
    });
    this.#reservedAmount = this.#reservedAmount.plus(worst.amount);
  }

  /**
   * A request has ended: what was in reserve is free, what it used counts in the windows in which it ended. A closing that comes so late
   * that its windows are over counts in none.
   */
  settle(reserved: Consumption, used: Consumption, endedAt: number): void {
    this.#begin(endedAt);
    const isIn = (window: 'minute' | 'day' | 'month') =>
      windowStartOf(window, endedAt) === this.#counts[window];
    this.#change({
      inFlight: Math.max(0, this.#counts.inFlight - 1),
      reservedTokens: Math.max(0, this.#counts.reservedTokens - reserved.tokens),
      minuteTokens: this.#counts.minuteTokens + (isIn('minute') ? used.tokens : 0),
      dayTokens: this.#counts.dayTokens + (isIn('day') ? used.tokens : 0),
      monthTokens: this.#counts.monthTokens + (isIn('month') ? used.tokens : 0),
    });
    const left = this.#reservedAmount.minus(reserved.amount);
    this.#reservedAmount = left.lt(0) ? new Big(0) : left;
    if (isIn('month')) this.#monthAmount = this.#monthAmount.plus(used.amount);
  }

  /** The charge of a request that ended at `endedAt` was corrected by so much: it counts in that month, or in none if the month is over. */
  adjust(amount: Big, endedAt: number): void {
    this.#begin(endedAt);
    if (windowStartOf('month', endedAt) !== this.#counts.month) return;
    this.#monthAmount = this.#monthAmount.plus(amount);
    this.#isChanged = true;
  }

  /** Which shares of its budget are spent this month, the least first; what is in reserve is not spent. */
  get reachedShares(): readonly ReachedShare[] {
    const { budgetPerMonth } = this.#row;
    if (budgetPerMonth === null || !this.#monthAmount.gt(0)) return [];
    const budget = new Big(budgetPerMonth);
    const { month } = this.#counts;
    return budgetShares
      .filter((share) => this.#monthAmount.times(100).gte(budget.times(share)))
      .map((share) => ({
        ...this.subject,
        share,
        month,
        budget: budgetPerMonth,
        spent: this.counts.monthAmount,
      }));
  }

  /** Begins the windows of a moment, if they are later than those that it counts in. */
  #begin(now: number): void {
    const { minute, day, month } = this.#counts;
    if (windowStartOf('minute', now) > minute)
      this.#change({ minute: windowStartOf('minute', now), minuteRequests: 0, minuteTokens: 0 });
    if (windowStartOf('day', now) > day) this.#change({ day: windowStartOf('day', now), dayTokens: 0 });
    if (windowStartOf('month', now) > month) {
      this.#change({ month: windowStartOf('month', now), monthTokens: 0 });
      this.#monthAmount = new Big(0);
    }
  }

  #change(changes: Partial<QuotaCounts>): void {
    this.#counts = { ...this.#counts, ...changes };
    this.#isChanged = true;
  }

  #requestsReached(now: number): ReachedLimit | undefined {
    const limit = this.#row.requestsPerMinute;
    if (limit === null || this.#counts.minuteRequests < limit) return undefined;
    return this.#reached(
      'rate_limit_exceeded',
      'requests_per_minute',
      `${limit} requests in a minute is reached`,
      windowEndOf('minute', now) - now,
    );
  }

  #inFlightReached(): ReachedLimit | undefined {
    const limit = this.#row.maxInFlight;
    if (limit === null || this.#counts.inFlight < limit) return undefined;
    const what = `${limit} requests in flight is reached`;
    return this.#reached('too_many_in_flight', 'max_in_flight', what, releaseRetryMs);
  }

  #tokensReached(
    name: 'tokens_per_minute' | 'tokens_per_day' | 'tokens_per_month',
    window: 'minute' | 'day' | 'month',
    worst: Consumption,
    now: number,
  ): ReachedLimit | undefined {
    const limit = {
      tokens_per_minute: this.#row.tokensPerMinute,
      tokens_per_day: this.#row.tokensPerDay,
      tokens_per_month: this.#row.tokensPerMonth,
    }[name];
    if (limit === null) return undefined;
    const used = this.#counts[`${window}Tokens`];
    const { reservedTokens } = this.#counts;
    if (used + reservedTokens + worst.tokens <= limit) return undefined;
    const left = Math.max(0, limit - used - reservedTokens);
    const what = `${limit} tokens in a ${window} leaves ${left}, and the request may use ${worst.tokens}`;
    if (worst.tokens > limit) return this.#reached('insufficient_quota', name, what, undefined);
    if (used + worst.tokens <= limit) return this.#reached('rate_limit_exceeded', name, what, releaseRetryMs);
    const untilNextMs = windowEndOf(window, now) - now;
    return this.#reached(
      window === 'minute' ? 'rate_limit_exceeded' : 'insufficient_quota',
      name,
      what,
      untilNextMs,
    );
  }

  #budgetReached(worst: Consumption, now: number): ReachedLimit | undefined {
    const { budgetPerMonth } = this.#row;
    if (budgetPerMonth === null) return undefined;
    const budget = new Big(budgetPerMonth);
    const left = budget.minus(this.#monthAmount).minus(this.#reservedAmount);
    if (worst.amount.lte(left)) return undefined;
    const name = 'budget_per_month';
    const shown = left.lt(0) ? '0' : left.toFixed();
    const what = `${budget.toFixed()} for a month leaves ${shown}, and the request may cost ${worst.amount.toFixed()}`;
    if (worst.amount.gt(budget)) return this.#reached('insufficient_quota', name, what, undefined);
    if (this.#monthAmount.plus(worst.amount).lte(budget))
      return this.#reached('rate_limit_exceeded', name, what, releaseRetryMs);
    return this.#reached('insufficient_quota', name, what, windowEndOf('month', now) - now);
  }

  #reached(
    code: ReachedLimit['code'],
    name: string,
    what: string,
    retryAfterMs: number | undefined,
  ): ReachedLimit {
    const { scope } = this.#row;
    return {
      code,
      param: `limits.${scope}.${name}`,
      message: `The ${scope}'s limit of ${what}.`,
      retryAfterMs,
    };
  }
}
