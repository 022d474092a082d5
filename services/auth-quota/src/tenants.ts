import { tenants, type Database } from '@millrace/store';

export interface NewTenant {
  readonly id: string;
  readonly name?: string;
  /** By default 600. */
  readonly requestsPerMinute?: number;
  /** By default 64. */
  readonly maxInFlight?: number;
}

/** Creates a tenant, or leaves the one there is as it is. @returns whether it was created */
export async function createTenant(database: Database, tenant: NewTenant): Promise<boolean> {
  const created = await database
    .insert(tenants)
    .values({ ...tenant, name: tenant.name ?? tenant.id })
    .onConflictDoNothing()
    .returning({ id: tenants.id });
  return created.length > 0;
}
