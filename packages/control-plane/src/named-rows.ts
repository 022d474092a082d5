import { and, asc, eq, gt, sql, type SQL } from '@millrace/store/sql';
import { organisations, tenants, type Database, type Transaction } from '@millrace/store';
import type { Clock } from '@millrace/runtime';
import { placeIn, type PageRequest } from './page.ts';
import { requireUpdated } from './refusals.ts';

/** What organisations and tenants are changed in; what is left out stays. */
export interface NamedChanges {
  readonly name?: string;
  /** While it is, none of its requests is admitted. */
  readonly suspended?: boolean;
}

type NamedTable = typeof organisations | typeof tenants;
const tables = { organisation: organisations, tenant: tenants } as const;
type Tables = typeof tables;

/** One row more than a page has, by id. @param isSeen what of them is within the view */
export function findNamedRows<Name extends keyof Tables>(
  database: Database,
  name: Name,
  isSeen: SQL | undefined,
  { cursor, limit }: PageRequest,
): Promise<Tables[Name]['$inferSelect'][]> {
  const table: NamedTable = tables[name];
  const [after] = placeIn(cursor, 1) ?? [];
  return database
    .select()
    .from(table as typeof tenants)
    .where(and(isSeen, after === undefined ? undefined : gt(table.id, after)))
    .orderBy(asc(table.id))
    .limit(limit + 1);
}

/** @param version that the changes are based on; undefined: any. @throws `resource_not_found`, `version_conflict` */
export async function updateNamedRow<Name extends keyof Tables>(
  { clock }: { readonly clock: Clock },
  transaction: Transaction,
  name: Name,
  id: string,
  changes: NamedChanges,
  version: number | undefined,
): Promise<Tables[Name]['$inferSelect']> {
  const table = tables[name] as typeof tenants;
  const [updated] = await transaction
    .update(table)
    .set({ ...changedColumns(changes, clock), version: sql`${table.version} + 1` })
    .where(and(eq(table.id, id), version === undefined ? undefined : eq(table.version, version)))
    .returning();
  const [present] =
    updated === undefined ? await transaction.select().from(table).where(eq(table.id, id)) : [];
  return requireUpdated(updated, name, name, present?.version);
}

/** The columns that are other than before. */
function changedColumns(
  { name, suspended }: NamedChanges,
  clock: Clock,
): { readonly name?: string; readonly suspendedAt?: Date | null } {
  return {
    ...(name === undefined ? {} : { name }),
    ...(suspended === undefined ? {} : { suspendedAt: suspended ? new Date(clock.now()) : null }),
  };
}
