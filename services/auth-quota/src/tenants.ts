import { inTransaction, quotas, tenants, type Database } from '@millrace/store';

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

/** Creates a tenant with its limits, or leaves the one there is as it is. @returns whether it was created */
export async function createTenant(database: Database, tenant: NewTenant): Promise<boolean> {
  const { id, name = id, organisation = 'default', requestsPerMinute = 600, maxInFlight = 64 } = tenant;
  return inTransaction(database, async (transaction) => {
    const created = await transaction
      .insert(tenants)
      .values({ id, name, organisation })
      .onConflictDoNothing()
      .returning({ id: tenants.id });
    if (created.length === 0) return false;
    await transaction
      .insert(quotas)
      .values({ scope: 'project', subject: id, requestsPerMinute, maxInFlight })
      .onConflictDoNothing();
    return true;
  });
}
