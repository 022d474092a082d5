import { sql } from '@millrace/store/sql';
import type { Database } from '@millrace/store';

/** What the quotas of all who have asked say, beside what the ledger says of the same month. Amounts are decimal strings. */
export interface QuotaProof {
  /** Subjects with requests in flight, or something in reserve. */
  readonly open: number;
  /** `scope subject` of those whose tokens or amount of the month are not those of the ledger. */
  readonly wrong: readonly string[];
}

/** Compares counters and ledger: charges and what corrects them. Organisations, projects, users and keys are in the ledger; so are the models that answered. */
export async function proveQuotas(database: Database): Promise<QuotaProof> {
  const { rows } = await database.execute<{ open: number; wrong: string[] }>(sql`
    with charged as (
      select owner.scope, owner.subject, entry.input_tokens + entry.output_tokens as tokens, entry.amount, entry.closed_at
      from ledger as entry cross join lateral (values
        ('organisation', organisation), ('project', tenant), ('user', user_id), ('key', key_id), ('model', model))
        as owner(scope, subject)
      where kind <> 'credit'),
    compared as (
      select
        quota.scope, quota.subject, quota.month_tokens, quota.month_amount,
        coalesce(sum(charged.tokens), 0) as tokens, coalesce(sum(charged.amount), 0) as amount
      from quotas as quota left join charged
        on charged.scope = quota.scope and charged.subject = quota.subject and charged.closed_at >= quota.month
      group by quota.scope, quota.subject)
    select
      (select count(*)::int from quotas where in_flight <> 0 or reserved_tokens <> 0 or reserved_amount <> 0) as open,
      coalesce((
        select array_agg(scope || ' ' || subject) from compared where tokens <> month_tokens or amount <> month_amount),
        '{}') as wrong`);
  return rows[0] ?? { open: 0, wrong: [] };
}
