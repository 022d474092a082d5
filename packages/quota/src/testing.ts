import type { QuotaCounts, QuotaLimits, QuotaRow, Scope } from './quota-row.ts';

/** A quota without limits of which nothing is used, but for what is given. */
export function emptyQuota(
  scope: Scope,
  subject: string,
  limits: Partial<QuotaLimits> = {},
  counts: Partial<QuotaCounts> = {},
): QuotaRow {
  return {
    scope,
    subject,
    requestsPerMinute: null,
    tokensPerMinute: null,
    maxInFlight: null,
    tokensPerDay: null,
    tokensPerMonth: null,
    budgetPerMonth: null,
    inFlight: 0,
    reservedTokens: 0,
    reservedAmount: '0',
    minute: 0,
    minuteRequests: 0,
    minuteTokens: 0,
    day: 0,
    dayTokens: 0,
    month: 0,
    monthTokens: 0,
    monthAmount: '0',
    ...limits,
    ...counts,
  };
}
