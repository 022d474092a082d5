import { Big } from 'big.js';
import { releaseRetryMs, type Consumption, type Quota, type ReachedLimit } from '@millrace/quota';

/** A request that waits for its decision. */
export interface Candidate {
  readonly requestId: string;
  readonly model: string;
  readonly deadlineAt: number;
  /** Why it was cancelled, if it was. */
  readonly cancelled: string | undefined;
  /** Why nothing of whom it belongs to is admitted, if that is so: not there, suspended, revoked. */
  readonly barred: string | undefined;
  /** The quotas that it counts for, the widest first, that of its model last. */
  readonly quotas: readonly Quota[];
  /** Most requests of one model, of all tenants together, that are admitted and have not ended. */
  readonly maxQueue: number;
  /** What it may use at most; without an amount when a model that may answer it has no price. */
  readonly worst: Omit<Consumption, 'amount'> & { readonly amount: Consumption['amount'] | undefined };
}

export type RefusalCode =
  | ReachedLimit['code']
  | 'overloaded'
  | 'cancelled'
  | 'deadline_exceeded'
  | 'permission_denied'
  | 'unavailable';

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** The limit that refuses. */
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
}

const nothing = new Big(0);

/**
 * Decides on a request. Only admitted requests count, so a client that is refused and comes back does not lock itself out.
 *
 * @returns undefined where it is admitted: it is counted in its quotas then
 */
export function judge(candidate: Candidate, now: number): Refusal | undefined {
  const refusal = refusalOf(candidate, now);
  if (refusal !== undefined) return refusal;
  for (const quota of candidate.quotas) quota.reserve(worstOf(candidate), now);
  return undefined;
}

/** What is held in reserve for a request. */
export function worstOf({ worst }: Candidate): Consumption {
  return { tokens: worst.tokens, amount: worst.amount ?? nothing };
}

function refusalOf(candidate: Candidate, now: number): Refusal | undefined {
  const { model, quotas, maxQueue, barred, worst } = candidate;
  if (barred !== undefined) return refuse('permission_denied', barred);
  if (candidate.cancelled !== undefined)
    return refuse('cancelled', 'The request was cancelled before it was admitted.');
  if (now >= candidate.deadlineAt)
    return refuse('deadline_exceeded', 'The request reached its deadline before it was admitted.');
  if (worst.amount === undefined && quotas.some(({ hasBudget }) => hasBudget))
    return refuse('unavailable', `The model ${model} has no price, and there is a budget to keep to.`);
  for (const quota of quotas) {
    const reached = quota.reachedBy(worstOf(candidate), now);
    if (reached !== undefined) return reached;
  }
  const queue = quotas.find(({ subject }) => subject.scope === 'model');
  if (queue === undefined || queue.inFlight < maxQueue) return undefined;
  const message = `The limit of ${maxQueue} for requests of the model ${model} that wait or are being answered is reached.`;
  return { ...refuse('overloaded', message), retryAfterMs: releaseRetryMs };
}

function refuse(code: RefusalCode, message: string): Refusal {
  return { code, message, param: undefined, retryAfterMs: undefined };
}
