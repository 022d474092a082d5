import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import type { QuotaLimits } from './quota-row.ts';
import { Quota, type Consumption } from './quota.ts';
import { emptyQuota } from './testing.ts';
import { windowEndOf, windowStartOf } from './windows.ts';

const now = Date.UTC(2026, 1, 28, 23, 59, 20);
const quotaWith = (limits: Partial<QuotaLimits>) => new Quota(emptyQuota('project', 'acme', limits));
const of = (tokens: number, amount = '0'): Consumption => ({ tokens, amount: new Big(amount) });

/** Admits as many of these as get in. */
function admitAll(quota: Quota, worst: Consumption, count: number, at = now): number {
  let admitted = 0;
  for (let index = 0; index < count; index += 1) {
    if (quota.reachedBy(worst, at) !== undefined) continue;
    quota.reserve(worst, at);
    admitted += 1;
  }
  return admitted;
}

describe('a quota', () => {
  it('lets everything through where it has no limits', () => {
    expect(admitAll(quotaWith({}), of(1e9, '1000000'), 50)).toBe(50);
  });

  it('admits up to the requests of a minute, says when the next begins, and begins anew then', () => {
    const quota = quotaWith({ requestsPerMinute: 3 });
    expect(admitAll(quota, of(1), 5)).toBe(3);
    expect(quota.reachedBy(of(1), now)).toEqual({
      code: 'rate_limit_exceeded',
      param: 'limits.project.requests_per_minute',
      message: "The project's limit of 3 requests in a minute is reached.",
      retryAfterMs: 40_000,
    });
    expect(admitAll(quota, of(1), 5, now + 40_000)).toBe(3);
  });

  it('counts requests in flight until they are settled', () => {
    const quota = quotaWith({ maxInFlight: 2 });
    expect(admitAll(quota, of(5), 3)).toBe(2);
    expect(quota.reachedBy(of(5), now)).toMatchObject({ code: 'too_many_in_flight', retryAfterMs: 1_000 });
    quota.settle(of(5), of(1), now);
    expect(admitAll(quota, of(5), 3)).toBe(1);
  });

  it('holds the worst case in reserve and counts what was used once it is known', () => {
    const quota = quotaWith({ tokensPerDay: 100 });
    expect(admitAll(quota, of(40), 3)).toBe(2);
    // It would fit, were not others in flight: they may give back.
    expect(quota.reachedBy(of(40), now)).toMatchObject({
      code: 'rate_limit_exceeded',
      param: 'limits.project.tokens_per_day',
      message: "The project's limit of 100 tokens in a day leaves 20, and the request may use 40.",
      retryAfterMs: 1_000,
    });
    quota.settle(of(40), of(10), now);
    quota.settle(of(40), of(10), now);
    expect(admitAll(quota, of(40), 3)).toBe(2);
    quota.settle(of(40), of(40), now);
    quota.settle(of(40), of(40), now);
    expect(quota.counts).toMatchObject({ dayTokens: 100, reservedTokens: 0, inFlight: 0 });
    expect(quota.reachedBy(of(1), now)).toMatchObject({ code: 'insufficient_quota', retryAfterMs: 40_000 });
  });

  it('never admits what is larger than the limit, and says that waiting does not help', () => {
    const reached = quotaWith({ tokensPerMinute: 100 }).reachedBy(of(101), now);
    expect(reached).toMatchObject({ code: 'insufficient_quota', retryAfterMs: undefined });
  });

  it('keeps money to the last digit', () => {
    const quota = quotaWith({ budgetPerMonth: '0.3' });
    expect(admitAll(quota, of(1, '0.1'), 4)).toBe(3);
    for (let index = 0; index < 3; index += 1) quota.settle(of(1, '0.1'), of(1, '0.0999999999'), now);
    expect(quota.counts).toMatchObject({ monthAmount: '0.2999999997', reservedAmount: '0.0000000000' });
    expect(quota.reachedBy(of(1, '0.0000000003'), now)).toBeUndefined();
    expect(quota.reachedBy(of(1, '0.0000000004'), now)).toMatchObject({
      code: 'insufficient_quota',
      param: 'limits.project.budget_per_month',
      retryAfterMs: 40_000,
    });
  });

  it('counts a request in the windows in which it ended', () => {
    const quota = quotaWith({ tokensPerDay: 1_000 });
    quota.reserve(of(10, '1'), now);
    const nextMonth = now + 40_000;
    quota.settle(of(10, '1'), of(7, '0.5'), nextMonth);
    expect(quota.counts).toMatchObject({
      day: Date.UTC(2026, 2, 1),
      dayTokens: 7,
      monthTokens: 7,
      monthAmount: '0.5000000000',
      inFlight: 0,
    });
  });

  it('does not count a closing whose windows are over, and frees its reserve', () => {
    const quota = quotaWith({});
    quota.reserve(of(10, '1'), now);
    expect(quota.reachedBy(of(1), now + 40_000)).toBeUndefined();
    quota.settle(of(10, '1'), of(7, '0.5'), now);
    expect(quota.counts).toMatchObject({
      inFlight: 0,
      reservedTokens: 0,
      dayTokens: 0,
      monthAmount: '0.0000000000',
    });
  });
});

describe('windows', () => {
  it('are minutes, days and months of UTC', () => {
    const starts = (['minute', 'day', 'month'] as const).map((name) => windowStartOf(name, now));
    expect(starts).toEqual([now - 20_000, Date.UTC(2026, 1, 28), Date.UTC(2026, 1, 1)]);
    const ends = (['minute', 'day', 'month'] as const).map((name) => windowEndOf(name, now));
    expect(ends).toEqual([now + 40_000, Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 1)]);
    expect(windowEndOf('month', Date.UTC(2026, 11, 31))).toBe(Date.UTC(2027, 0, 1));
  });
});
