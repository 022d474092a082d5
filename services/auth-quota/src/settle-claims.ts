import { Big } from 'big.js';
import {
  consumptionOf,
  lockQuotas,
  nameOf,
  Quota,
  subjectsOf,
  type BudgetAlert,
  type BudgetAlerts,
  type RequestPrices,
  type SettledRequest,
} from '@millrace/quota';
import { statement, transact } from '@millrace/store';
import { writeSettlements, type SettledClaim } from './admission-queries.ts';
import type { AdmissionDependencies } from './postgres-admission.ts';

interface ClaimRow {
  readonly requestId: string;
  readonly organisation: string;
  readonly tenant: string;
  readonly userId: string | null;
  readonly keyId: string | null;
  readonly model: string | null;
  readonly isAdmitted: boolean;
  readonly isOpen: boolean;
  readonly reservedTokens: number;
  readonly reservedAmount: string;
}

/** Closes the open claims among those of the closings, settles them with the quotas that they count for, and reports budgets: one transaction. */
export async function settleClaims(
  { database, prices, budgetAlerts }: AdmissionDependencies & { readonly budgetAlerts: BudgetAlerts },
  closings: readonly SettledRequest[],
): Promise<void> {
  const ids = [...new Set(closings.map(({ request_id }) => request_id))];
  await transact(database, [lockQuotas({ requestIds: ids }), findClaims(ids)], (rows, found) => {
    const quotas = new Map(rows.map((row) => [nameOf(row), new Quota(row)]));
    const settlements = settlementsOf(found, closings, prices);
    for (const { claim, used, closing } of settlements) {
      if (!claim.isAdmitted) continue;
      const reserved = { tokens: claim.reservedTokens, amount: new Big(claim.reservedAmount) };
      for (const subject of subjectsOf(claim))
        quotas.get(nameOf(subject))?.settle(reserved, used, closing.closed_at);
    }
    const changed = [...quotas.values()].filter(({ isChanged }) => isChanged);
    const settled = settlements.length === 0 ? [] : [writeSettlements(settlements, changed)];
    const alerts = budgetAlerts.statementsFor(changed);
    return {
      statements: [...settled, ...alerts],
      resultOf: (written) =>
        budgetAlerts.committed(changed, written.slice(settled.length).flat() as BudgetAlert[]),
    };
  });
}

/** Whether a claim is open is looked at here, not by PostgreSQL, which would go through all that are open to find these. */
const findClaims = (requestIds: readonly string[]) => statement<ClaimRow[]>`
  select
    request_id as "requestId", organisation, tenant, user_id as "userId", key_id as "keyId", model, code is null as "isAdmitted",
    reserved_tokens::float8 as "reservedTokens", reserved_amount as "reservedAmount", closed_at is null as "isOpen"
  from claims where request_id = any(${[...requestIds]}::uuid[])`;

interface Settlement extends SettledClaim {
  readonly claim: ClaimRow;
}

function settlementsOf(
  found: readonly ClaimRow[],
  closings: readonly SettledRequest[],
  prices: RequestPrices,
): readonly Settlement[] {
  const claims = new Map(found.filter(({ isOpen }) => isOpen).map((claim) => [claim.requestId, claim]));
  return closings.flatMap((closing) => {
    const claim = claims.get(closing.request_id);
    if (claim === undefined) return [];
    claims.delete(closing.request_id);
    return { claim, closing, used: consumptionOf(closing, prices) };
  });
}
