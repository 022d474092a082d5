import { Big } from 'big.js';
import { amountDigits } from '@millrace/pricing';
import { lockQuotas } from '@millrace/quota';
import { MillraceError } from '@millrace/runtime';
import { transactWithin, type Transaction } from '@millrace/store';
import {
  adjustmentIdOf,
  findAdjustments,
  requireAmount,
  requireOccasion,
  sameAs,
  unlessError,
  uuid,
  type MadeOnce,
  type Occasion,
  type WritingDependencies,
} from './adjustment.ts';
import { findCharges, type Charge } from './charges.ts';
import { lastNumber, takeTurn } from './ledger-queries.ts';
import { adjustedOf, madeOf, writeCorrections } from './write-adjustments.ts';

export interface ChargeToAdjust extends Occasion {
  readonly tenant: string;
  readonly requestId: string;
  /** Signed decimal, not 0: what is added to what was charged. */
  readonly amount: string;
  /** Of the tenant: the same adjustment under the same key is made once. */
  readonly idempotencyKey: string;
}

/**
 * Corrects the charge of a request, in its currency. The month that it counts in is that of the charge, in ledger and quotas alike.
 * Nobody else writes to the ledger until the transaction ends.
 *
 * @throws `request_not_found` when the tenant has no charge for it; `invalid_value` for an amount that is 0 or gives back more than was
 *   charged; `missing_value`; `idempotency_key_reused`; `database_unavailable`
 */
export async function adjustCharge(
  dependencies: WritingDependencies,
  transaction: Transaction,
  asked: ChargeToAdjust,
): Promise<MadeOnce> {
  requireOccasion(asked);
  requireAmount(asked.amount);
  const { tenant, requestId } = asked;
  const amount = new Big(asked.amount);
  if (amount.eq(0)) throw new MillraceError('invalid_value', 'amount is 0.', { param: 'amount' });
  if (!uuid.test(requestId)) throw notFound(requestId);
  const adjustmentId = adjustmentIdOf(tenant, asked.idempotencyKey);
  return unlessError(
    await transactWithin(
      transaction,
      [
        takeTurn(),
        lastNumber(),
        findAdjustments(adjustmentId),
        lockQuotas({ requestIds: [requestId] }),
        findCharges([requestId], adjustmentId),
      ],
      (_turn, [last], [present], quotas, [charge]) => {
        const kind = 'adjustment';
        const text = amount.toFixed(amountDigits);
        if (present !== undefined)
          return { statements: [], result: sameAs(present, { kind, requestId, amount: text }) };
        const refusal = whyNot(charge, asked, amount);
        if (charge === undefined || refusal !== undefined)
          return { statements: [], result: refusal ?? notFound(requestId) };
        const correction = { charge, amount, priceVersion: null };
        const entry = adjustedOf(dependencies, correction, adjustmentId, last.lastNumber + 1, asked);
        return writeCorrections<MadeOnce | MillraceError>(dependencies, [correction], [entry], quotas, {
          made: madeOf(entry),
          isRepeat: false,
        });
      },
    ),
  );
}

function whyNot(
  charge: Charge | undefined,
  { tenant, requestId }: ChargeToAdjust,
  amount: Big,
): MillraceError | undefined {
  if (charge === undefined || charge.tenant !== tenant) return notFound(requestId);
  const charged = new Big(charge.amount).plus(charge.adjusted);
  if (charged.plus(amount).gte(0)) return undefined;
  return new MillraceError(
    'invalid_value',
    `amount is ${amount.toFixed()}; of the ${charged.toFixed()} ${charge.currency} that the request costs no more can be given back. A credit can.`,
    { param: 'amount' },
  );
}

function notFound(requestId: string): MillraceError {
  const named = requestId.slice(0, 40);
  return new MillraceError('request_not_found', `The ledger has no charge for the request ${named}.`, {
    param: 'request_id',
  });
}
