import { hash } from 'node:crypto';
import type { Codec } from '@millrace/contracts';
import type { BudgetAlerts } from '@millrace/quota';
import { MillraceError, type Clock, type IdGenerator } from '@millrace/runtime';
import { statement, type Database } from '@millrace/store';

/** What entries and their events are made with. */
export interface WritingDependencies {
  readonly codec: Codec;
  readonly clock: Clock;
  readonly nextId: IdGenerator;
  readonly budgetAlerts: BudgetAlerts;
}

export interface AdjustmentDependencies extends WritingDependencies {
  readonly database: Database;
}

/** A row of the ledger that is no charge. */
export interface LedgerAdjustment {
  readonly entryId: string;
  readonly entryNumber: number;
  readonly kind: 'adjustment' | 'credit';
  /** Null for a credit. */
  readonly requestId: string | null;
  readonly tenant: string;
  /** Signed decimal string with ten digits after the point: what is added to what was charged. */
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
  readonly actor: string;
  /** Milliseconds since the epoch. */
  readonly adjustedAt: number;
}

/** What an idempotency key has made, and whether it was made before. */
export interface MadeOnce {
  readonly made: LedgerAdjustment;
  readonly isRepeat: boolean;
}

/** Why something is adjusted, and by whom. */
export interface Occasion {
  /** 1 to 500 characters; it is kept for good, so nothing personal. */
  readonly reason: string;
  /** The id of a key or a user. */
  readonly actor: string;
}

const mostReasonCharacters = 500;
const decimal = /^-?\d{1,9}(?:\.\d{1,10})?$/u;

/** As ids of requests and runs are written. */
export const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** @throws `invalid_value`, `missing_value` */
export function requireOccasion({ reason, actor }: Occasion): void {
  if (reason.trim() === '') throw new MillraceError('missing_value', 'reason is empty.', { param: 'reason' });
  if (reason.length > mostReasonCharacters)
    throw new MillraceError(
      'invalid_value',
      `reason has ${reason.length} characters; ${mostReasonCharacters} are allowed.`,
      { param: 'reason' },
    );
  if (actor === '') throw new MillraceError('missing_value', 'actor is empty.', { param: 'actor' });
}

/** @throws `invalid_value` for what is no decimal that an amount can be */
export function requireAmount(amount: string): void {
  if (decimal.test(amount)) return;
  throw new MillraceError(
    'invalid_value',
    `amount is ${JSON.stringify(amount.slice(0, 40))}; allowed is a decimal with at most 9 digits before the point and 10 behind it.`,
    { param: 'amount' },
  );
}

/** The id of what is made once under a key of a tenant: a UUID of version 8 (RFC 9562, 5.8). */
export function adjustmentIdOf(tenant: string, idempotencyKey: string): string {
  if (idempotencyKey === '')
    throw new MillraceError('missing_value', 'The idempotency key is empty.', { param: 'idempotency_key' });
  const digits = hash('sha256', JSON.stringify([tenant, idempotencyKey])).slice(0, 32);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}

/** What was made under this id already. */
export const findAdjustments = (adjustmentId: string) => statement<LedgerAdjustment[]>`
  select
    entry_id as "entryId", entry_number::float8 as "entryNumber", kind, request_id as "requestId", tenant, amount, currency,
    reason, actor, extract(epoch from charged_at)::float8 * 1000 as "adjustedAt"
  from ledger where adjustment_id = ${adjustmentId}::uuid`;

/** @returns what was made under the same key, if it is the same */
export function sameAs(
  present: LedgerAdjustment,
  asked: Pick<LedgerAdjustment, 'kind' | 'requestId' | 'amount'>,
): MadeOnce | MillraceError {
  const isSame =
    present.kind === asked.kind && present.requestId === asked.requestId && present.amount === asked.amount;
  if (isSame) return { made: present, isRepeat: true };
  return new MillraceError(
    'idempotency_key_reused',
    `This idempotency key made the ${present.kind} ${present.entryId} of ${present.amount} ${present.currency}, which is another.`,
    { param: 'idempotency_key' },
  );
}

/** @throws what is an error */
export function unlessError(made: MadeOnce | MillraceError): MadeOnce {
  if (made instanceof MillraceError) throw made;
  return made;
}
