import { eq } from '@millrace/store/sql';
import { topics, type Codec, type TenantDescribed } from '@millrace/contracts';
import { organisations, tenants, type Database } from '@millrace/store';
import type { ReferenceSource } from './reference-source.ts';

/** The tenants as the database has them, without their names, which may be those of people. */
export function tenantSource(database: Database, codec: Codec): ReferenceSource {
  return {
    topic: topics.tenants,
    open: async () => ({
      async read() {
        const rows = await database
          .select({
            tenant: tenants.id,
            organisation: tenants.organisation,
            createdAt: tenants.createdAt,
            suspendedAt: tenants.suspendedAt,
            organisationSuspendedAt: organisations.suspendedAt,
          })
          .from(tenants)
          .innerJoin(organisations, eq(organisations.id, tenants.organisation));
        return new Map(
          rows.map(({ tenant, organisation, createdAt, suspendedAt, organisationSuspendedAt }) => {
            const described: TenantDescribed = {
              tenant,
              organisation,
              created_at: createdAt.getTime(),
              suspended_at: suspendedAt?.getTime() ?? null,
              organisation_suspended_at: organisationSuspendedAt?.getTime() ?? null,
            };
            return [tenant, { message: codec.encode('tenant.described', described), sameness: described }];
          }),
        );
      },
      stop: async () => undefined,
    }),
  };
}
