import { Big } from 'big.js';
import type { BillingAdjusted } from '@millrace/contracts';
import { amountDigits } from '@millrace/pricing';
import { MillraceError } from '@millrace/runtime';
import { statement, transactWithin, type Transaction } from '@millrace/store';
import {
  adjustmentIdOf,
  findAdjustments,
  requireAmount,
  requireOccasion,
  sameAs,
  unlessError,
  type MadeOnce,
  type Occasion,
  type WritingDependencies,
} from './adjustment.ts';
import { lastNumber, takeTurn } from './ledger-queries.ts';
import { madeOf, writeAdjustments } from './write-adjustments.ts';

export interface CreditToGive extends Occasion {
  readonly tenant: string;
  /** Decimal above 0; it stands in the ledger with a minus. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Of the tenant: the same credit under the same key is given once. */
  readonly idempotencyKey: string;
}

/**
 * Credits a tenant with an amount that belongs to no request, such as a payment or a goodwill. Quotas count what requests cost, so a credit
 * leaves them as they are.
 *
 * @throws `invalid_value`, `missing_value`, `idempotency_key_reused`, `database_unavailable`
 */
export async function giveCredit(
  dependencies: Omit<WritingDependencies, 'budgetAlerts'>,
  transaction: Transaction,
  asked: CreditToGive,
): Promise<MadeOnce> {
  requireOccasion(asked);
  requireAmount(asked.amount);
  const { tenant, currency, reason, actor } = asked;
  const amount = new Big(asked.amount);
  if (!amount.gt(0))
    throw new MillraceError('invalid_value', `amount is ${asked.amount}; it has to be above 0.`, {
      param: 'amount',
    });
  if (!/^[A-Z]{3}$/u.test(currency))
    throw new MillraceError(
      'invalid_value',
      `currency is ${JSON.stringify(currency.slice(0, 40))}; allowed are the three capital letters of ISO 4217.`,
      { param: 'currency' },
    );
  const adjustmentId = adjustmentIdOf(tenant, asked.idempotencyKey);
  return unlessError(
    await transactWithin(
      transaction,
      [takeTurn(), lastNumber(), findAdjustments(adjustmentId), findTenant(tenant)],
      (_turn, [last], [present], [found]) => {
        const given = amount.times(-1).toFixed(amountDigits);
        if (present !== undefined)
          return {
            statements: [],
            result: sameAs(present, { kind: 'credit', requestId: null, amount: given }),
          };
        if (found === undefined) return { statements: [], result: noTenant(tenant) };
        const now = dependencies.clock.now();
        const entry: BillingAdjusted = {
          entry_id: dependencies.nextId(),
          entry_number: last.lastNumber + 1,
          kind: 'CREDIT',
          adjustment_id: adjustmentId,
          request_id: null,
          organisation: found.organisation,
          tenant,
          key_id: null,
          user_id: null,
          model: null,
          amount: given,
          currency,
          price_book: 'default',
          price_version: null,
          reason,
          actor,
          counts_at: now,
          adjusted_at: now,
        };
        const statements = writeAdjustments(dependencies.codec, [entry]);
        return { statements, result: { made: madeOf(entry), isRepeat: false } };
      },
    ),
  );
}

const findTenant = (tenant: string) => statement<{ readonly organisation: string }[]>`
  select organisation from tenants where id = ${tenant}`;

function noTenant(tenant: string): MillraceError {
  return new MillraceError(
    'invalid_value',
    `tenant is ${JSON.stringify(tenant.slice(0, 80))}; there is none of that name.`,
    { param: 'tenant' },
  );
}
