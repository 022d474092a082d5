import { Big } from 'big.js';
import {
  consumptionOf,
  nameOf,
  Quota,
  subjectsOf,
  type Consumption,
  type RequestPrices,
  type SettledRequest,
} from '@millrace/quota';
import { statement, transact } from '@millrace/store';
import { lockQuotas, writeQuotas } from './admission-queries.ts';
import type { AdmissionDependencies } from './postgres-admission.ts';

interface OpenClaimRow {
  readonly requestId: string;
  readonly organisation: string;
  readonly tenant: string;
  readonly userId: string | null;
  readonly keyId: string | null;
  readonly isAdmitted: boolean;
  readonly reservedTokens: number;
  readonly reservedAmount: string;
}

/** Closes the open claims among those of the closings, and settles them with the quotas that they count for: one transaction. */
export async function settleClaims(
  { database, prices }: AdmissionDependencies,
  closings: readonly SettledRequest[],
): Promise<void> {
  const ids = [...new Set(closings.map(({ request_id }) => request_id))];
  await transact(database, [lockQuotas({ requestIds: ids }), openClaims(ids)], (rows, open) => {
    const quotas = new Map(rows.map((row) => [nameOf(row), new Quota(row)]));
    const settlements = settlementsOf(open, closings, prices);
    for (const { claim, used, closing } of settlements) {
      if (!claim.isAdmitted) continue;
      const reserved = { tokens: claim.reservedTokens, amount: new Big(claim.reservedAmount) };
      for (const subject of subjectsOf(claim))
        quotas.get(nameOf(subject))?.settle(reserved, used, closing.closed_at);
    }
    const changed = [...quotas.values()].filter(({ isChanged }) => isChanged);
    const statements = [
      ...(settlements.length === 0 ? [] : [writeSettlements(settlements)]),
      ...(changed.length === 0 ? [] : [writeQuotas(changed)]),
    ];
    return { statements, result: undefined };
  });
}

const openClaims = (requestIds: readonly string[]) => statement<OpenClaimRow[]>`
  select
    request_id as "requestId", organisation, tenant, user_id as "userId", key_id as "keyId", code is null as "isAdmitted",
    reserved_tokens::float8 as "reservedTokens", reserved_amount as "reservedAmount"
  from claims where request_id = any(${[...requestIds]}::uuid[]) and closed_at is null for no key update`;

const writeSettlements = (settlements: readonly Settlement[]) => statement`
  update claims as claim set
    closed_at = settled.closed_at, outcome = settled.outcome, used_tokens = settled.used_tokens,
    used_amount = settled.used_amount
  from jsonb_to_recordset(${JSON.stringify(settlements.map(rowOf))}::jsonb)
    as settled(request_id uuid, outcome text, closed_at timestamptz, used_tokens bigint, used_amount numeric)
  where claim.request_id = settled.request_id`;

function rowOf({ closing, used }: Settlement): object {
  return {
    request_id: closing.request_id,
    outcome: closing.outcome.toLowerCase(),
    closed_at: new Date(closing.closed_at).toISOString(),
    used_tokens: used.tokens,
    used_amount: used.amount.toFixed(),
  };
}

interface Settlement {
  readonly claim: OpenClaimRow;
  readonly closing: SettledRequest;
  readonly used: Consumption;
}

function settlementsOf(
  open: readonly OpenClaimRow[],
  closings: readonly SettledRequest[],
  prices: RequestPrices,
): readonly Settlement[] {
  const claims = new Map(open.map((claim) => [claim.requestId, claim]));
  return closings.flatMap((closing) => {
    const claim = claims.get(closing.request_id);
    if (claim === undefined) return [];
    claims.delete(closing.request_id);
    return { claim, closing, used: consumptionOf(closing, prices) };
  });
}
