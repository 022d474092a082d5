import { sql, type SQL } from '@millrace/store/sql';
import { dataPolicies } from '@millrace/store';

/** What of a policy says how long something is kept. */
const limits = {
  jobs: dataPolicies.jobsMs,
  files: dataPolicies.filesMs,
  answers: dataPolicies.answersMs,
} as const;

/** Of a tenant of which nothing is kept: what its client has not fetched by then is removed all the same. */
export const undeliveredMs = 60 * 60_000;

/** A time in milliseconds, or what the policy of the tenant allows where that is shorter; in SQL. */
export function allowedMs(what: keyof typeof limits, tenant: string | SQL, ms: number | SQL): SQL<number> {
  return sql<number>`least(${ms}::bigint, (
    select case when ${dataPolicies.zeroRetention} then least(${undeliveredMs}::bigint, ${limits[what]}) else ${limits[what]} end
    from ${dataPolicies} where ${dataPolicies.tenant} = ${tenant}))`;
}

/** When something is removed whose time begins at this moment; in SQL. */
export function keptUntil(
  what: keyof typeof limits,
  tenant: string | SQL,
  from: Date,
  ms: number | SQL,
): SQL<Date> {
  return sql<Date>`${from.toISOString()}::timestamptz + ${allowedMs(what, tenant, ms)} * interval '1 millisecond'`;
}

/** Whether nothing of the tenant is to be kept; in SQL. */
export function isZeroRetention(tenant: string | SQL): SQL<boolean> {
  return sql<boolean>`coalesce((select ${dataPolicies.zeroRetention} from ${dataPolicies} where ${dataPolicies.tenant} = ${tenant}), false)`;
}
