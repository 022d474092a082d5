import { and, eq } from '@millrace/store/sql';
import { inTransaction, quotas, tenants, type Database, type Transaction } from '@millrace/store';
import type { Place } from './actor.ts';
import type { ControlDependencies, Reading } from './control-dependencies.ts';
import { showMoment } from './moments.ts';
import { findNamedRows, updateNamedRow, type NamedChanges } from './named-rows.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { alreadyExists, notFound } from './refusals.ts';
import {
  changesSchema,
  nameIdSchema,
  nameSchema,
  nullable,
  shownMomentSchema,
  shownSchema,
} from './schemas.ts';

export const newTenantSchema = {
  title: 'NewTenant',
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: {
    id: nameIdSchema,
    name: { ...nameSchema, description: 'By default its id.' },
    organisation: { ...nameIdSchema, description: 'By default that of the API key.' },
  },
} as const;

export const tenantChangesSchema = changesSchema('TenantChanges', {
  name: nameSchema,
});

export const tenantSchema = shownSchema('Tenant', {
  id: nameIdSchema,
  organisation: nameIdSchema,
  name: { type: 'string' },
  created_at: shownMomentSchema,
  suspended_at: nullable(shownMomentSchema),
  version: { type: 'integer' },
});

export type TenantChanges = NamedChanges;

export interface ShownTenant {
  readonly id: string;
  readonly organisation: string;
  readonly name: string;
  readonly created_at: string;
  readonly suspended_at: string | null;
  readonly version: number;
}

export interface NewTenant {
  readonly id: string;
  readonly name?: string;
  /** By default `default`. */
  readonly organisation?: string;
  /** By default 600. */
  readonly requestsPerMinute?: number;
  /** By default 64. */
  readonly maxInFlight?: number;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'clock'>;

/** Creates a tenant with its limits, or leaves the one there is as it is. @returns whether it was created */
export async function createTenant(database: Database, tenant: NewTenant): Promise<boolean> {
  const created = await inTransaction(database, (transaction) => insertTenant(transaction, tenant));
  return created !== undefined;
}

/** Creates a tenant with the usual limits. @throws `already_exists` */
export async function addTenant(
  transaction: Transaction,
  tenant: NewTenant & { readonly organisation: string },
): Promise<ShownTenant> {
  const row = await insertTenant(transaction, tenant);
  if (row === undefined) throw alreadyExists('tenant', tenant.id, 'id');
  return show(row);
}

async function insertTenant(transaction: Transaction, tenant: NewTenant) {
  const { id, name = id, organisation = 'default', requestsPerMinute = 600, maxInFlight = 64 } = tenant;
  const [created] = await transaction
    .insert(tenants)
    .values({ id, name, organisation })
    .onConflictDoNothing()
    .returning();
  if (created === undefined) return undefined;
  await transaction
    .insert(quotas)
    .values({ scope: 'project', subject: id, requestsPerMinute, maxInFlight })
    .onConflictDoNothing();
  return created;
}

/** @throws `resource_not_found` */
export async function findTenant({ database }: Reading, id: string): Promise<ShownTenant> {
  const [row] = await database.select().from(tenants).where(eq(tenants.id, id));
  if (row === undefined) throw notFound('tenant', 'tenant');
  return show(row);
}

/** The tenants within a view, by id. */
export async function listTenants(
  { database }: Pick<Dependencies, 'database'>,
  view: Place,
  page: PageRequest,
): Promise<Page<ShownTenant>> {
  const isSeen = and(
    view.organisation === undefined ? undefined : eq(tenants.organisation, view.organisation),
    view.tenant === undefined ? undefined : eq(tenants.id, view.tenant),
  );
  const rows = await findNamedRows(database, 'tenant', isSeen, page);
  return pageOf(rows, page, show, ({ id }) => [id]);
}

/** @param version that the changes are based on; undefined: any. @throws `resource_not_found`, `version_conflict` */
export async function updateTenant(
  dependencies: Pick<Dependencies, 'clock'>,
  transaction: Transaction,
  id: string,
  changes: TenantChanges,
  version: number | undefined,
): Promise<ShownTenant> {
  return show(await updateNamedRow(dependencies, transaction, 'tenant', id, changes, version));
}

function show(row: typeof tenants.$inferSelect): ShownTenant {
  return {
    id: row.id,
    organisation: row.organisation,
    name: row.name,
    created_at: showMoment(row.createdAt),
    suspended_at: showMoment(row.suspendedAt),
    version: row.version,
  };
}
