import { describe, expect, it } from 'vitest';
import { ModelQueues } from './model-queues.ts';
import { judge, windowStartOf, type Candidate } from './admission-rules.ts';

const now = Date.UTC(2026, 0, 1, 12, 0, 20);
const limits = { requestsPerMinute: 3, maxInFlight: 10 };
const roomy = () => new ModelQueues(100);
const idle = { admittedInWindow: 0, inFlight: 0 };

function candidates(count: number, changes: Partial<Candidate> = {}): Candidate[] {
  return Array.from({ length: count }, (_, index) => ({
    requestId: `request-${index}`,
    model: 'small',
    deadlineAt: now + 1_000,
    cancelled: undefined,
    ...changes,
  }));
}

const codes = (...parameters: Parameters<typeof judge>) =>
  judge(...parameters).map(({ refusal }) => refusal?.code);

describe('judge', () => {
  it('admits up to the limit of the minute and no further', () => {
    expect(codes(candidates(5), limits, idle, roomy(), now)).toEqual([
      undefined,
      undefined,
      undefined,
      'rate_limit_exceeded',
      'rate_limit_exceeded',
    ]);
  });

  it('counts what the window has seen already', () => {
    expect(codes(candidates(2), limits, { admittedInWindow: 2, inFlight: 0 }, roomy(), now)).toEqual([
      undefined,
      'rate_limit_exceeded',
    ]);
  });

  it('says when the window ends', () => {
    const [verdict] = judge(candidates(1), limits, { admittedInWindow: 3, inFlight: 0 }, roomy(), now);
    expect(verdict?.refusal?.retryAfterMs).toBe(40_000);
    expect(windowStartOf(now)).toBe(now - 20_000);
  });

  it('refuses what would be too many in flight', () => {
    const narrow = { requestsPerMinute: 100, maxInFlight: 2 };
    expect(codes(candidates(3), narrow, { admittedInWindow: 0, inFlight: 1 }, roomy(), now)).toEqual([
      undefined,
      'too_many_in_flight',
      'too_many_in_flight',
    ]);
  });

  it('does not count what was cancelled or came too late', () => {
    const mixed = [
      ...candidates(1, { cancelled: 'client' }),
      ...candidates(1, { deadlineAt: now }),
      ...candidates(3),
    ];
    expect(codes(mixed, limits, idle, roomy(), now)).toEqual([
      'cancelled',
      'deadline_exceeded',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('refuses a tenant that is not known', () => {
    expect(codes(candidates(1), undefined, idle, roomy(), now)).toEqual(['permission_denied']);
  });

  it('refuses what would be too many of one model, whoever they are of, and says when to come back', () => {
    const queues = new ModelQueues(3, { small: 1 });
    const admitted = { ...limits, requestsPerMinute: 100 };
    expect(codes(candidates(1), admitted, idle, queues, now)).toEqual([undefined]);
    const [next, beyond] = judge(candidates(2), admitted, idle, queues, now);
    expect(next?.refusal).toBeUndefined();
    expect(beyond?.refusal).toEqual({
      code: 'overloaded',
      message: 'The limit of 3 for requests of the model small that wait or are being answered is reached.',
      retryAfterMs: 1_000,
    });
    expect(codes(candidates(1, { model: 'large' }), admitted, idle, queues, now)).toEqual([undefined]);
  });
});
