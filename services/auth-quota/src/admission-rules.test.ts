import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { Quota } from '@millrace/quota';
import { emptyQuota } from '@millrace/quota/testing';
import { judge, type Candidate } from './admission-rules.ts';

const now = Date.UTC(2026, 0, 1, 12, 0, 20);

function candidate(changes: Partial<Candidate> = {}): Candidate {
  return {
    requestId: 'request',
    model: 'small',
    deadlineAt: now + 1_000,
    cancelled: undefined,
    barred: undefined,
    quotas: [],
    maxQueue: 100,
    worst: { tokens: 10, amount: new Big('0.01') },
    ...changes,
  };
}

const codeOf = (changes: Partial<Candidate>) => judge(candidate(changes), now)?.code;

describe('judge', () => {
  it('admits what nothing speaks against', () => {
    expect(codeOf({})).toBeUndefined();
  });

  it('refuses what was cancelled, came too late or belongs to nobody, and does not count it', () => {
    const quota = new Quota(emptyQuota('project', 'acme', { requestsPerMinute: 1 }));
    const quotas = [quota];
    expect(codeOf({ quotas, cancelled: 'client' })).toBe('cancelled');
    expect(codeOf({ quotas, deadlineAt: now })).toBe('deadline_exceeded');
    expect(codeOf({ quotas, barred: 'The API key was revoked.' })).toBe('permission_denied');
    expect(codeOf({ quotas })).toBeUndefined();
    expect(codeOf({ quotas })).toBe('rate_limit_exceeded');
  });

  it('counts for all whom a request belongs to, or for none', () => {
    const wide = new Quota(emptyQuota('organisation', 'acme', { tokensPerDay: 1_000 }));
    const narrow = new Quota(emptyQuota('key', 'k', { tokensPerDay: 15 }));
    const quotas = [wide, narrow];
    expect(codeOf({ quotas })).toBeUndefined();
    expect(judge(candidate({ quotas }), now)?.param).toBe('limits.key.tokens_per_day');
    expect(wide.counts.reservedTokens).toBe(10);
    expect(narrow.counts.reservedTokens).toBe(10);
  });

  it('does not let a model without a price past a budget', () => {
    const worst = { tokens: 10, amount: undefined };
    const unlimited = new Quota(emptyQuota('project', 'acme'));
    expect(codeOf({ worst, quotas: [unlimited] })).toBeUndefined();
    const budget = new Quota(emptyQuota('project', 'acme', { budgetPerMonth: '1' }));
    expect(codeOf({ worst, quotas: [budget] })).toBe('unavailable');
  });

  it('refuses what would be too many of one model, whoever they are of, and says when to come back', () => {
    const quotas = [new Quota(emptyQuota('model', 'small', {}, { inFlight: 2 }))];
    expect(codeOf({ quotas, maxQueue: 3 })).toBeUndefined();
    expect(judge(candidate({ quotas, maxQueue: 3 }), now)).toEqual({
      code: 'overloaded',
      message: 'The limit of 3 for requests of the model small that wait or are being answered is reached.',
      param: undefined,
      retryAfterMs: 1_000,
    });
    expect(codeOf({ quotas: [new Quota(emptyQuota('model', 'large'))], maxQueue: 3 })).toBeUndefined();
  });
});
