import { and, asc, eq, gte, inArray, lt, sql } from '@millrace/store/sql';
import { piiFindings, tenants, type Database } from '@millrace/store';
import type { Place } from './actor.ts';
import { pageOf, placeIn, type Page, type PageRequest } from './page.ts';
import { shownSchema } from './schemas.ts';

const counted = { type: 'integer' } as const;

export const piiReportSchema = shownSchema('PiiReportLine', {
  tenant: { type: 'string' },
  type: { type: 'string', description: 'Type of personal data.' },
  direction: { type: 'string', enum: ['input', 'output'], description: 'To a model, or from it.' },
  action: { type: 'string', description: 'What was done: report, mask, replace, hash or block.' },
  requests: { ...counted, description: 'Requests that it was found in.' },
  values: { ...counted, description: 'Different values, added up over the requests.' },
});

export interface PiiReportLine {
  readonly tenant: string;
  readonly type: string;
  readonly direction: string;
  readonly action: string;
  readonly requests: number;
  readonly values: number;
}

export interface PiiReportFilter {
  readonly type?: string | undefined;
  /** Days in UTC, such as 2026-01-31; `to` is not among them. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** How much personal data was found within a view, by tenant, type, direction and what was done. */
export async function listPiiReport(
  { database }: { readonly database: Database },
  view: Place,
  page: PageRequest & PiiReportFilter,
): Promise<Page<PiiReportLine>> {
  const after = placeIn(page.cursor, 4);
  const { tenant, type, direction, action } = piiFindings;
  const rows = await database
    .select({
      tenant,
      type,
      direction,
      action,
      requests: sql<number>`count(distinct ${piiFindings.requestId})`.mapWith(Number),
      values: sql<number>`sum(${piiFindings.count})`.mapWith(Number),
    })
    .from(piiFindings)
    .where(
      and(
        view.tenant === undefined ? undefined : eq(tenant, view.tenant),
        view.organisation === undefined
          ? undefined
          : inArray(
              tenant,
              database
                .select({ id: tenants.id })
                .from(tenants)
                .where(eq(tenants.organisation, view.organisation)),
            ),
        page.type === undefined ? undefined : eq(type, page.type),
        page.from === undefined ? undefined : gte(piiFindings.day, page.from),
        page.to === undefined ? undefined : lt(piiFindings.day, page.to),
        after === undefined
          ? undefined
          : sql`(${tenant}, ${type}, ${direction}, ${action}) > (${after[0]}, ${after[1]}, ${after[2]}, ${after[3]})`,
      ),
    )
    .groupBy(tenant, type, direction, action)
    .orderBy(asc(tenant), asc(type), asc(direction), asc(action))
    .limit(page.limit + 1);
  return pageOf(
    rows,
    page,
    (row) => row,
    (row) => [row.tenant, row.type, row.direction, row.action],
  );
}
