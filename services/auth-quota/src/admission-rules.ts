import type { ModelQueues } from './model-queues.ts';

/** The width of a rate window. Windows begin at whole minutes of the clock. */
const windowMs = 60_000;

/** What a tenant may do. */
export interface TenantLimits {
  readonly requestsPerMinute: number;
  readonly maxInFlight: number;
}

/** What a tenant does at the moment. */
export interface TenantUse {
  /** Requests admitted in the present window. */
  readonly admittedInWindow: number;
  /** Requests admitted and not closed. */
  readonly inFlight: number;
}

/** A request that waits for its decision. */
export interface Candidate {
  readonly requestId: string;
  readonly model: string;
  readonly deadlineAt: number;
  /** Why it was cancelled, if it was. */
  readonly cancelled: string | undefined;
}

export type RefusalCode =
  | 'rate_limit_exceeded'
  | 'too_many_in_flight'
  | 'overloaded'
  | 'cancelled'
  | 'deadline_exceeded'
  | 'permission_denied';

export interface Verdict {
  readonly requestId: string;
  /** Undefined: admitted. */
  readonly refusal:
    | { readonly code: RefusalCode; readonly message: string; readonly retryAfterMs: number | undefined }
    | undefined;
}

/** When the window that `now` lies in began, in milliseconds since the epoch. */
export function windowStartOf(now: number): number {
  return now - (now % windowMs);
}

/**
 * Decides on the requests of one tenant, in the order given. Only admitted requests count, so a client that is refused and
 * comes back does not lock itself out.
 *
 * @param limits undefined when the tenant is not known
 * @param queues those of all tenants together; what is admitted is added
 */
export function judge(
  candidates: readonly Candidate[],
  limits: TenantLimits | undefined,
  use: TenantUse,
  queues: ModelQueues,
  now: number,
): readonly Verdict[] {
  let { admittedInWindow, inFlight } = use;
  return candidates.map((candidate) => {
    const refusal = refusalOf(candidate, limits, { admittedInWindow, inFlight }, queues, now);
    if (refusal === undefined) {
      admittedInWindow += 1;
      inFlight += 1;
      queues.add(candidate.model);
    }
    return { requestId: candidate.requestId, refusal };
  });
}

function refusalOf(
  candidate: Candidate,
  limits: TenantLimits | undefined,
  use: TenantUse,
  queues: ModelQueues,
  now: number,
): Verdict['refusal'] {
  if (limits === undefined) {
    return {
      code: 'permission_denied',
      message: 'The tenant does not exist or is suspended.',
      retryAfterMs: undefined,
    };
  }
  if (candidate.cancelled !== undefined) {
    return {
      code: 'cancelled',
      message: 'The request was cancelled before it was admitted.',
      retryAfterMs: undefined,
    };
  }
  if (now >= candidate.deadlineAt) {
    return {
      code: 'deadline_exceeded',
      message: 'The request reached its deadline before it was admitted.',
      retryAfterMs: undefined,
    };
  }
  if (use.admittedInWindow >= limits.requestsPerMinute) {
    const message = `The limit of ${limits.requestsPerMinute} requests in a minute is reached.`;
    return { code: 'rate_limit_exceeded', message, retryAfterMs: windowStartOf(now) + windowMs - now };
  }
  if (use.inFlight >= limits.maxInFlight) {
    const message = `The limit of ${limits.maxInFlight} requests in flight is reached.`;
    return { code: 'too_many_in_flight', message, retryAfterMs: slotRetryMs };
  }
  if (queues.isFull(candidate.model)) {
    const message = `The limit of ${queues.most} for requests of the model ${candidate.model} that wait or are being answered is reached.`;
    return { code: 'overloaded', message, retryAfterMs: slotRetryMs };
  }
  return undefined;
}

/** A slot becomes free when a request ends, which nobody knows ahead. */
const slotRetryMs = 1_000;
